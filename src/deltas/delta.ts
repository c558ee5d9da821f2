import { digestToHex } from '../common/crypto/digest.js';

/** The only format that is made: VCDIFF between two snap files. @see snapcore/snapd: store/store.go */
export const DELTA_FORMAT = 'xdelta3';

/** The notification that deltas of a snap were added or dropped; the message is its snap-id. */
export const DELTAS_CHANNEL = 'deltas';

/** Two revisions of a snap: the one that a device has, and the one that it gets. */
export interface RevisionPair {
  readonly snapId: string;
  readonly source: number;
  readonly target: number;
}

/** A delta that exists and was verified to produce the target. */
export interface Delta extends RevisionPair {
  readonly sizeBytes: number;
  /** SHA3-384 of the delta's file, 48 bytes. */
  readonly digest: Buffer;
}

export function pairKey({ snapId, source, target }: RevisionPair): string {
  return `${snapId}_${source}_${target}`;
}

/** The name of a delta's file, in the form of the official store. */
export function deltaFileName(pair: RevisionPair): string {
  return `${pairKey(pair)}_${DELTA_FORMAT}.delta`;
}

/** An item of `download.deltas`. @see snapcore/snapd: store/details_v2.go, storeSnapDelta */
export function deltaView(delta: Delta, origin: string): Record<string, unknown> {
  return {
    format: DELTA_FORMAT,
    source: delta.source,
    target: delta.target,
    url: `${origin}/api/v1/snaps/download/${deltaFileName(delta)}`,
    size: delta.sizeBytes,
    'sha3-384': digestToHex(delta.digest),
  };
}
