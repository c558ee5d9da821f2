import type { DefaultTrack } from './default-track.service.js';

/** The default track of a snap as JSON. */
export interface DefaultTrackView {
  readonly 'default-track': string | null;
  readonly origin: 'import' | 'operator';
}

export function defaultTrackView({ track, isChosen }: DefaultTrack): DefaultTrackView {
  return { 'default-track': track, origin: isChosen ? 'operator' : 'import' };
}
