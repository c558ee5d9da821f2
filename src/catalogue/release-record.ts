import type { ChannelRelease } from '../channels/channel-map.js';
import type { Channel } from '../channels/channel.js';
import type { Actor } from '../management/audit/actor-context.service.js';

/** Who did something, without the request. */
export type Doer = Pick<Actor, 'kind' | 'name'>;

/** One row of a snap's history. */
export interface ReleaseRecord extends ChannelRelease {
  /** Higher than that of every earlier release of the snap. */
  readonly id: number;
  /** When this store recorded it; for a push, later than {@link ChannelRelease.releasedAt}. */
  readonly addedAt: Date;
  readonly origin: 'import' | 'operator';
  /** The file that was pushed. */
  readonly source: string | undefined;
  /** When a branch expires. */
  readonly expiresAt: Date | undefined;
  /** Who released it, or pushed the file; undefined for rows of versions that did not record it. */
  readonly actor: Doer | undefined;
}

/** A part of a snap's history. */
export interface HistoryWindow {
  readonly limit: number;
  /** Only releases before this one. */
  readonly before?: number | undefined;
  readonly architecture?: string | undefined;
  readonly channel?: Channel | undefined;
}

/** Some channels of a snap: those of a track with some risks, and a branch. */
export interface Places {
  readonly snapId: string;
  readonly track: string;
  readonly risks: readonly string[];
  readonly branch: string;
  readonly architectures: readonly string[];
}

/** A selection of earlier releases. */
export interface EarlierReleases extends Places {
  /** Revisions between these two, both excluded. */
  readonly above: number;
  readonly below: number;
  /** Only revisions that can read one of these data generations. */
  readonly writes: readonly number[];
}

/** When a revision was last released to a channel. */
export interface ReleaseTime {
  readonly snapId: string;
  readonly revision: number;
  readonly architecture: string;
  readonly track: string;
  readonly risk: string;
  readonly branch: string;
  readonly at: Date;
}

/** The last release to include: by its number, or by the time when it was recorded. */
export type ReleasesUntil = { readonly releaseId: number } | { readonly addedBefore: Date };

/** A channel that was last changed by the operator, with its highest revision ever. */
export interface ReleaseDecision extends Pick<ChannelRelease, 'architecture' | 'channel'> {
  readonly highest: number;
}

/** The previous and the present revision of a channel. */
export interface ReleaseStep {
  readonly snapId: string;
  readonly source: number;
  readonly target: number;
}
