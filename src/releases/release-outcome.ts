import type { ReleaseRecord } from '../catalogue/release-record.js';
import type { Channel } from '../channels/channel.js';

/** The result for one channel of one architecture. */
export interface ReleaseOutcome {
  readonly channel: Channel;
  readonly architecture: string;
  /** The revision before; null if the channel was closed or empty. */
  readonly from: number | null;
  readonly to: number | null;
  /** The percentage of a progressive release; then the other devices get `from`. */
  readonly percentage?: number;
  /** When the branch expires, and its expiry before. */
  readonly until?: Date | undefined;
  readonly untilBefore?: Date | undefined;
  /** The progressive release that was there before. */
  readonly ended?: { readonly revision: number | null; readonly percentage: number };
  /** False: the channel was like this before. */
  readonly isChange: boolean;
}

/** A snap whose releases are changed. */
export interface OpenedSnap {
  readonly name: string;
  readonly snapId: string;
  /** The newest first. */
  readonly history: readonly ReleaseRecord[];
}
