import { digestToHex } from '../common/crypto/digest.js';

/** The one format that is made: VCDIFF from one snap file to the other. @see snapcore/snapd: store/store.go */
export const DELTA_FORMAT = 'xdelta3';

/** Says that deltas of a snap came or went; the message is its snap-id. */
export const DELTAS_CHANNEL = 'deltas';

/** Two revisions of a snap: from the one that a device has to the one that it is to get. */
export interface RevisionPair {
  readonly snapId: string;
  readonly source: number;
  readonly target: number;
}

/** A delta that exists, and was proven to give the target. */
export interface Delta extends RevisionPair {
  readonly sizeBytes: number;
  /** SHA3-384 of the delta's file, 48 bytes. */
  readonly digest: Buffer;
}

export function pairKey({ snapId, source, target }: RevisionPair): string {
  return `${snapId}_${source}_${target}`;
}

/** What a delta's file is called: the official store's own shape. */
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
