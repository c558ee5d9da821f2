import type { Channel } from '../channels/channel.js';
import type { Stoppable } from '../common/terminal/interruption.js';
import type { AssertionPool } from './assertion-pool.js';
import type { StoreClaim } from './store-claim.service.js';

/** Where a snap without a bundle is released to, if nothing else is said. */
export const DEFAULT_CHANNELS: readonly string[] = ['latest/stable'];

/** The options of a push. */
export interface ImportOptions {
  /** Channels for a snap without a bundle, which has no channel map. */
  readonly channels: readonly Channel[];
  /** Move channels as the file says, even if the store has something newer. */
  readonly pushChannelMap: boolean;
  /** Check everything and report what would change, but change nothing. */
  readonly dryRun?: boolean;
  /** Refuse {@link channels} on tracks that a snap never had, since they may be typing errors. */
  readonly knownTracksOnly?: boolean;
  /** The brand store that the snaps belong to; without it, they stay in their stores. */
  readonly claim?: StoreClaim;
  /** Assertions of the other files of the same command. */
  readonly pool?: AssertionPool;
  /** Stops the push, which then throws its reason. Without it, Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** The options of a push that can be stopped. */
export interface StoppableOptions extends ImportOptions {
  readonly stoppable: Stoppable;
}
