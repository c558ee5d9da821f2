import type { Channel } from '../channels/channel.js';
import type { Stoppable } from '../common/terminal/interruption.js';
import type { AssertionPool } from './assertion-pool.js';
import type { StoreClaim } from './store-claim.service.js';

/** What an operator wants of a push. */
export interface ImportOptions {
  /** Channels for a bare pair of snap and assertions, which names none itself. */
  readonly channels: readonly Channel[];
  /** Move channels to what the file says even where the store has something newer. */
  readonly pushChannelMap: boolean;
  /** Check everything, say what would change, and change nothing. */
  readonly dryRun?: boolean;
  /** Refuse {@link channels} on tracks that a snap never had: what a person types may be mistyped. */
  readonly knownTracksOnly?: boolean;
  /** Which brand store the snaps belong to; without it, they stay where they are. */
  readonly claim?: StoreClaim;
  /** What other files of the same command hold. */
  readonly pool?: AssertionPool;
}

/** The same for work that can be stopped. */
export interface StoppableOptions extends ImportOptions {
  readonly stoppable: Stoppable;
}

/** Told how far a push is. */
export interface ImportProgress {
  /** Called once, with the number of bytes to read. */
  readonly begin: (file: string, sizeBytes: number) => void;
  readonly advance: (bytes: number) => void;
  readonly end: () => void;
}
