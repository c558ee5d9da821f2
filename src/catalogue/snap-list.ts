import type { Channel } from '../channels/channel.js';

/** The orders of the list; with a dash, the last one first. */
export const SNAP_ORDERS = ['name', '-name', 'updated', '-updated'] as const;

export type SnapOrder = (typeof SNAP_ORDERS)[number];

/** Which snaps are listed; all that is set must hold. */
export interface SnapFilter {
  /** Part of the name or title, or words of the description. */
  readonly text?: string | undefined;
  readonly namePrefix?: string | undefined;
  /** A brand store; null: only public snaps. */
  readonly storeId?: string | null | undefined;
  readonly category?: string | undefined;
  /** Only snaps with a revision for it. */
  readonly architecture?: string | undefined;
  /** Only snaps with a revision on it; with an architecture, for that. */
  readonly channel?: Channel | undefined;
  readonly type?: string | undefined;
  /** An account-id. */
  readonly publisherId?: string | undefined;
}

/** The position of a snap in an order. */
export interface SnapPlace {
  /** The name, or the time of the last change with microseconds. */
  readonly key: string;
  readonly name: string;
}

/** A part of the list. */
export interface SnapWindow {
  readonly order: SnapOrder;
  readonly limit: number;
  /** Only snaps after this place. */
  readonly after?: SnapPlace | undefined;
}

/** A snap of the list. */
export interface ListedSnap {
  readonly snapId: string;
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly type: string;
  readonly publisherId: string;
  readonly storeId: string | null;
  readonly isPrivate: boolean;
  readonly categories: readonly { readonly name: string }[];
  readonly defaultTrack: string | null;
  /** When its description, revisions, categories or store changed. */
  readonly updatedAt: Date;
  /** Its place in the order. */
  readonly key: string;
  readonly revisions: number;
  /** Of all its revisions. */
  readonly sizeBytes: number;
  /** The newest revision; null if it has none. */
  readonly revision: number | null;
  readonly version: string | null;
  readonly architectures: readonly string[];
}
