import { ANY_ARCHITECTURE, type ChannelRelease } from './channel-map.js';
import { placeOf } from './channel-override.js';
import { isProgressive } from './rollout.js';

/** The newest release of each architecture and channel in a history. */
export function currentReleases<R extends ChannelRelease>(newestFirst: readonly R[]): R[] {
  const seen = new Set<string>();
  return newestFirst.filter((release) => {
    const place = placeOf(release);
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}

/**
 * The revision to which a rollback returns: the one before the current revision was first released there. So
 * each further rollback goes one step further back. A closed channel returns to its last revision; a channel
 * with a progressive release returns to the revision that the other devices have.
 *
 * @param newestFirst - the history of one channel of one architecture
 * @returns undefined if there is no earlier revision
 */
export function revisionBefore(newestFirst: readonly ChannelRelease[]): number | undefined {
  const settled = newestFirst.filter((release) => !isProgressive(release));
  if (settled[0] !== newestFirst[0]) return settled[0]?.revision ?? undefined;
  const current = settled[0]?.revision ?? null;
  const first = settled.findLastIndex(({ revision }) => revision === current);
  const older = current === null ? settled : settled.slice(first + 1);
  return older.find(({ revision }) => revision !== null)?.revision ?? undefined;
}

/** The history of a channel for one architecture: its own releases and those for `all`, newest first. */
export function historyOf<R extends ChannelRelease>(newestFirst: readonly R[], architecture: string): R[] {
  return newestFirst.filter((release) => [architecture, ANY_ARCHITECTURE].includes(release.architecture));
}

/** The rollback target of one architecture of a channel. */
export interface StepBack {
  readonly architecture: string;
  readonly revision: number;
}

/**
 * The rollback targets of the architectures of a channel.
 *
 * @param newestFirst - the history of one channel
 * @returns in the order in which they must be released, without those that have no earlier revision
 */
export function stepsBack(
  newestFirst: readonly ChannelRelease[],
  architectures: readonly string[],
): StepBack[] {
  const forAll = architectures.includes(ANY_ARCHITECTURE)
    ? revisionBefore(historyOf(newestFirst, ANY_ARCHITECTURE))
    : undefined;
  const steps: StepBack[] =
    forAll === undefined ? [] : [{ architecture: ANY_ARCHITECTURE, revision: forAll }];
  for (const architecture of architectures.filter((one) => one !== ANY_ARCHITECTURE).toSorted()) {
    const own = historyOf(newestFirst, architecture);
    const present = own.find((release) => !isProgressive(release))?.revision ?? undefined;
    // An architecture without an earlier revision stays unchanged, whatever the others return to.
    const revision = revisionBefore(own) ?? (forAll === undefined ? undefined : present);
    if (revision !== undefined) steps.push({ architecture, revision });
  }
  return steps;
}
