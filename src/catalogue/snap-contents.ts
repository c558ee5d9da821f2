import type { Doer } from './release-record.js';

/** A push that brought something. */
export interface BroughtBy {
  readonly id: number;
  /** The name of the file. */
  readonly source: string;
  /** `bundle`, `archive`, `snap`, ... */
  readonly kind: string;
  /** When the bundle was made. */
  readonly bundleCreatedAt: Date | undefined;
  readonly at: Date;
  /** undefined for pushes of versions that did not record it. */
  readonly actor: Doer | undefined;
}

/** A revision in the list of a snap. */
export interface BroughtRevision {
  readonly revision: number;
  readonly version: string;
  readonly type: string;
  readonly base: string | null;
  readonly confinement: string;
  readonly architectures: readonly string[];
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly provenance: string;
  /** When its publisher uploaded it. */
  readonly createdAt: Date;
  readonly import: BroughtBy;
}

/** A revision of a component in the list of a snap. */
export interface BroughtComponent {
  readonly name: string;
  readonly revision: number;
  readonly type: string;
  readonly version: string | null;
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly createdAt: Date;
  /** The revisions of the snap that it is for. */
  readonly snapRevisions: readonly number[];
  readonly import: BroughtBy;
}

/** How much a snap has. */
export interface SnapTotals {
  readonly revisions: number;
  readonly components: number;
  /** Of revisions and components. */
  readonly sizeBytes: number;
}
