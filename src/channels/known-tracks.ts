import { nearestWord } from '../common/did-you-mean.js';
import { StoreError } from '../common/errors.js';
import { DEFAULT_TRACK, RISKS, type Channel } from './channel.js';

/**
 * The tracks that are allowed for a snap: those that it has or had; also new ones that do not look like a
 * mistyped risk; or any.
 */
export type TrackChoice = 'known' | 'unlike-a-risk' | 'any';

/** The most tracks that one message names. */
const NAMED_TRACKS = 10;

/**
 * Refuses channels on tracks that a snap never had. Most are mistyped risks, because a single part that is not
 * a risk is a track. Every snap has the track `latest`.
 *
 * @param what - the request, such as `release jq`
 * @param tracks - those that the snap has or had
 * @throws StoreError `invalid-channel` with a suggestion, if there is one
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
    `cannot ${what}: the snap never had a track ${track} (it has ${named}${more})${meant === undefined ? ';' : `; did you mean ${meant}?`} give --new-track to create it`,
  );
}
