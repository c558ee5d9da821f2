import type { ReleaseRecord } from '../catalogue/release-record.js';
import { ANY_ARCHITECTURE } from '../channels/channel-map.js';
import { isInForce } from '../channels/channel-override.js';
import { formatChannel, shortChannelName, type Channel } from '../channels/channel.js';
import { isProgressive } from '../channels/rollout.js';
import { StoreError } from '../common/errors.js';

/** @throws StoreError `invalid-request` on an expiry with a percentage, in the past, or of a channel that is no branch */
export function checkEnd(
  channels: readonly Channel[],
  until: Date | 'never' | undefined,
  percentage: number | undefined,
): void {
  if (until === undefined) return;
  if (percentage !== undefined)
    throw new StoreError(
      'invalid-request',
      'cannot release to a percentage of devices with an expiry: give either --percentage or --until',
    );
  if (until === 'never') return;
  const lasting = channels.find(({ branch }) => branch === undefined);
  if (lasting)
    throw new StoreError(
      'invalid-request',
      `cannot use --until with ${shortChannelName(lasting)}: only branches (track/risk/branch) expire; for other channels use \`override --until\``,
    );
  if (!isInForce(until, Date.now()))
    throw new StoreError('invalid-request', `cannot use expiry ${until.toISOString()}: it is past`);
}

/** A progressive release to a channel of an architecture. */
export interface WantedSpread {
  readonly channel: Channel;
  readonly architecture: string;
  readonly revision: number;
  readonly percentage: number;
}

/**
 * Checks that devices keep their revision, and that the other devices have one.
 *
 * @param there - the history of that channel of that architecture, the newest first
 * @returns the revision of the other devices
 * @throws StoreError `conflict` otherwise
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
    throw refuse('no revision is released there for the other devices; release one to all first');
  const [current] = there;
  if (current?.percentage === undefined) {
    if (settled.revision === revision) throw refuse(`all of them already get revision ${revision}`);
    return settled.revision;
  }
  if (current.revision !== revision)
    throw refuse(
      `revision ${current.revision} is released to ${current.percentage}% of them; release it to all, or run \`snap-store-proxy rollback ${name} ${shortChannelName(channel)}\` first`,
    );
  if (percentage < current.percentage)
    throw refuse(
      `it is already released to ${current.percentage}% of them, and these keep it; to undo it for all use \`snap-store-proxy rollback ${name} ${shortChannelName(channel)}\``,
    );
  return settled.revision;
}

export function nothingBefore(name: string, channel: Channel, architecture: string | undefined): StoreError {
  const where = `${formatChannel(channel)}${architecture === undefined ? '' : ` (${architecture})`}`;
  return new StoreError(
    'not-found',
    `cannot roll back ${name}: ${where} has no earlier release; see \`snap-store-proxy history ${name}\``,
  );
}

export function unknownSnap(what: string): StoreError {
  return new StoreError('not-found', `cannot ${what}: the store holds no snap of that name`);
}

/** Most revisions that a message names: the newest. */
const NAMED_REVISIONS = 10;

export function unknownRevision(what: string, revision: number, held: readonly number[]): StoreError {
  const more = held.length > NAMED_REVISIONS ? ', ...' : '';
  return new StoreError(
    'not-found',
    `cannot ${what}: the store does not hold revision ${revision}; it holds ${held.slice(0, NAMED_REVISIONS).join(', ')}${more}`,
  );
}

/**
 * The architectures that a revision is released or pinned for.
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
