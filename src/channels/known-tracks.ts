import { StoreError } from '../common/errors.js';
import { nearestWord } from '../common/terminal/did-you-mean.js';
import { DEFAULT_TRACK, RISKS, type Channel } from './channel.js';

/**
 * Which tracks may be used of a snap: those that it has or had; also others that nobody takes for a mistyped risk; or
 * any.
 */
export type TrackChoice = 'known' | 'unlike-a-risk' | 'any';

/** Tracks that one refusal names at most. */
const NAMED_TRACKS = 10;

/**
 * Refuses channels on tracks that a snap never had: mostly they are mistyped risks, since a lone word that is no
 * risk is a track. `latest` is a track of every snap.
 *
 * @param what - what is asked, such as `release jq`
 * @param tracks - those that the snap has or had
 * @throws StoreError `invalid-channel` with what was meant, as far as that can be guessed
 */
export function checkTracks(
  what: string,
  channels: readonly Pick<Channel, 'track'>[],
  tracks: Iterable<string>,
  choice: TrackChoice = 'known',
): void {
  if (choice === 'any') return;
  const known = new Set([DEFAULT_TRACK, ...tracks]);
  const unknown = channels.find(
    ({ track }) =>
      !known.has(track) &&
      (choice === 'known' || nearestWord(track, [...RISKS, DEFAULT_TRACK]) !== undefined),
  );
  if (!unknown) return;
  const { track } = unknown;
  const meant = nearestWord(track, [...RISKS, ...known]);
  const named = [...known].slice(0, NAMED_TRACKS).join(', ');
  const more = known.size > NAMED_TRACKS ? ', ...' : '';
  throw new StoreError(
    'invalid-channel',
    `cannot ${what}: the snap never had a track ${track} (it has ${named}${more})${meant === undefined ? ';' : `; did you mean ${meant}?`} give --new-track to make that track`,
  );
}
