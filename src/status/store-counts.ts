/** How much this store has. */
export interface StoreCounts {
  readonly snaps: number;
  readonly revisions: number;
  /** Revisions of components. */
  readonly components: number;
  readonly assertions: number;
  /** All stored files together, in bytes. */
  readonly blobBytes: number;
  /** Those that can be offered; their bytes are among the stored ones. */
  readonly deltas: number;
  readonly deltaBytes: number;
}

/** Which stores and account-keys this store has assertions of. */
export interface Imported {
  /** Their ids. */
  readonly stores: readonly string[];
  readonly accountKeys: readonly { readonly id: string; readonly accountId: string }[];
}
