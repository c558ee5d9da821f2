import { ANY_ARCHITECTURE, type ChannelRelease } from './channel-map.js';
import { placeOf } from './channel-override.js';
import { isProgressive } from './rollout.js';

/** The newest release at each architecture and channel of a history. */
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
 * What a channel goes back to: the revision that it pointed at before the present one was first released
 * there, so that going back twice goes back two steps. A closed channel goes back to what it had last, and one with a
 * release to some of the devices to what the others have.
 *
 * @param newestFirst - the history of one channel of one architecture
 * @returns undefined where there was nothing before
 */
export function revisionBefore(newestFirst: readonly ChannelRelease[]): number | undefined {
  const settled = newestFirst.filter((release) => !isProgressive(release));
  if (settled[0] !== newestFirst[0]) return settled[0]?.revision ?? undefined;
  const current = settled[0]?.revision ?? null;
  const first = settled.findLastIndex(({ revision }) => revision === current);
  const older = current === null ? settled : settled.slice(first + 1);
  return older.find(({ revision }) => revision !== null)?.revision ?? undefined;
}

/** What one architecture of a channel has had: what was released for it and for `all`, whichever came last. */
export function historyOf<R extends ChannelRelease>(newestFirst: readonly R[], architecture: string): R[] {
  return newestFirst.filter((release) => [architecture, ANY_ARCHITECTURE].includes(release.architecture));
}

/** What one architecture of a channel goes back to. */
export interface StepBack {
  readonly architecture: string;
  readonly revision: number;
}

/**
 * How architectures of a channel go back.
 *
 * @param newestFirst - the history of one channel
 * @returns in the order in which they are to be released; those without anything before are left out
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
    // One with nothing before stays as it is, whatever all the others go back to.
    const revision = revisionBefore(own) ?? (forAll === undefined ? undefined : present);
    if (revision !== undefined) steps.push({ architecture, revision });
  }
  return steps;
}
