import { StoreError } from '../common/errors.js';
import { ANY_ARCHITECTURE } from './channel/channel-map.js';
import { formatChannel, shortChannelName, type Channel } from './channel/channel.js';
import { isInForce } from './channel/channel-override.js';

/** @throws StoreError `invalid-request` on an end for what is no branch, or one that is past */
export function checkEnd(channels: readonly Channel[], until: Date | undefined): void {
  if (until === undefined) return;
  const lasting = channels.find(({ branch }) => branch === undefined);
  if (lasting)
    throw new StoreError(
      'invalid-request',
      `cannot let ${shortChannelName(lasting)} end: only a branch (track/risk/branch) has an end; use override --until for other channels`,
    );
  if (!isInForce(until, Date.now()))
    throw new StoreError('invalid-request', `cannot use end ${until.toISOString()}: it is past`);
}

export function nothingBefore(name: string, channel: Channel, architecture: string | undefined): StoreError {
  const where = `${formatChannel(channel)}${architecture === undefined ? '' : ` (${architecture})`}`;
  return new StoreError(
    'not-found',
    `cannot roll back ${name}: ${where} has pointed at nothing else before; see \`snap-store-proxy history ${name}\``,
  );
}

export function unknownSnap(what: string): StoreError {
  return new StoreError('not-found', `cannot ${what}: the store holds no snap of that name`);
}

/** Revisions named in a refusal: the newest. */
const NAMED_REVISIONS = 10;

export function unknownRevision(what: string, revision: number, held: readonly number[]): StoreError {
  const more = held.length > NAMED_REVISIONS ? ', ...' : '';
  return new StoreError(
    'not-found',
    `cannot ${what}: the store does not hold revision ${revision}; it holds ${held.slice(0, NAMED_REVISIONS).join(', ')}${more}`,
  );
}

/**
 * The architectures that a revision is put in place for.
 *
 * @throws StoreError `invalid-request` on one that the revision is not for
 */
export function chooseArchitectures(
  what: string,
  revision: number,
  own: readonly string[],
  wanted: readonly string[],
): readonly string[] {
  if (wanted.length === 0) return own;
  const wrong = own.includes(ANY_ARCHITECTURE) ? undefined : wanted.find((one) => !own.includes(one));
  if (wrong === undefined) return wanted;
  throw new StoreError(
    'invalid-request',
    `cannot ${what}: revision ${revision} is for ${own.join(', ')}, not for ${wrong}`,
  );
}
