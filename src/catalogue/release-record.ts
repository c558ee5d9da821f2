import type { ChannelRelease } from '../channels/channel-map.js';

/** One row of a snap's history. */
export interface ReleaseRecord extends ChannelRelease {
  /** When this store noted it; for a push, later than {@link ChannelRelease.releasedAt}. */
  readonly addedAt: Date;
  readonly origin: 'import' | 'operator';
  /** The file that was pushed. */
  readonly source: string | undefined;
  /** When a branch ends by itself. */
  readonly expiresAt: Date | undefined;
}

/** Some channels of a snap: of a track, those of some risks, and a branch. */
export interface Places {
  readonly snapId: string;
  readonly track: string;
  readonly risks: readonly string[];
  readonly branch: string;
  readonly architectures: readonly string[];
}

/** Which earlier releases a question is about. */
export interface EarlierReleases extends Places {
  /** Revisions between these two, neither of them included. */
  readonly above: number;
  readonly below: number;
  /** Only revisions that read one of these generations of data. */
  readonly writes: readonly number[];
}

/** When a revision was last released on a channel. */
export interface ReleaseTime {
  readonly snapId: string;
  readonly revision: number;
  readonly architecture: string;
  readonly track: string;
  readonly risk: string;
  readonly branch: string;
  readonly at: Date;
}

/** Up to which of a snap's releases a question is: one by its number, or those noted by a time. */
export type ReleasesUntil = { readonly releaseId: number } | { readonly addedBefore: Date };

/** A channel that the operator moved last, with the highest revision that it ever pointed at. */
export interface ReleaseDecision extends Pick<ChannelRelease, 'architecture' | 'channel'> {
  readonly highest: number;
}

/** What a channel pointed at before, and what it points at now. */
export interface ReleaseStep {
  readonly snapId: string;
  readonly source: number;
  readonly target: number;
}
