import type { ReleaseRecord } from '../catalogue/release-record.js';
import { ANY_ARCHITECTURE } from '../channels/channel-map.js';
import { isInForce } from '../channels/channel-override.js';
import { formatChannel, shortChannelName, type Channel } from '../channels/channel.js';
import { isProgressive } from '../channels/rollout.js';
import { StoreError } from '../common/errors.js';

/** @throws StoreError `invalid-request` on an end for what is no branch, or one that is past, or of some devices only */
export function checkEnd(
  channels: readonly Channel[],
  until: Date | 'never' | undefined,
  percentage: number | undefined,
): void {
  if (until === undefined) return;
  if (percentage !== undefined)
    throw new StoreError(
      'invalid-request',
      'cannot release to a percentage of devices until a time: give either --percentage or --until',
    );
  if (until === 'never') return;
  const lasting = channels.find(({ branch }) => branch === undefined);
  if (lasting)
    throw new StoreError(
      'invalid-request',
      `cannot let ${shortChannelName(lasting)} end: only a branch (track/risk/branch) has an end; use override --until for other channels`,
    );
  if (!isInForce(until, Date.now()))
    throw new StoreError('invalid-request', `cannot use end ${until.toISOString()}: it is past`);
}

/** A release to some of the devices on a channel of an architecture. */
export interface WantedSpread {
  readonly channel: Channel;
  readonly architecture: string;
  readonly revision: number;
  readonly percentage: number;
}

/**
 * Checks that devices keep what they have got, and that there is something for the others.
 *
 * @param there - the history of that channel of that architecture, the newest first
 * @returns what the others get
 * @throws StoreError `conflict` where it is not so
 */
export function checkSpread(
  name: string,
  there: readonly ReleaseRecord[],
  { channel, architecture, revision, percentage }: WantedSpread,
): number {
  const place = `${shortChannelName(channel)} (${architecture})`;
  const refuse = (why: string) =>
    new StoreError('conflict', `cannot release ${name} to ${percentage}% of the devices on ${place}: ${why}`);
  const settled = there.find((release) => !isProgressive(release));
  if (!settled || settled.revision === null || !isInForce(settled.expiresAt, Date.now()))
    throw refuse('nothing is released there that the others would get');
  const [current] = there;
  if (current?.percentage === undefined) {
    if (settled.revision === revision) throw refuse(`all of them get revision ${revision} already`);
    return settled.revision;
  }
  if (current.revision !== revision)
    throw refuse(
      `revision ${current.revision} has gone to ${current.percentage}% of them; release that to all, or \`snap-store-proxy rollback ${name} ${shortChannelName(channel)}\` first`,
    );
  if (percentage < current.percentage)
    throw refuse(
      `it has reached ${current.percentage}% of them, who keep it; \`snap-store-proxy rollback ${name} ${shortChannelName(channel)}\` takes it back from all`,
    );
  return settled.revision;
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
