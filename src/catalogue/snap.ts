import type { SnapMedia } from '../snap-files/picture.js';
import type { Epoch } from '../snap-files/snap-yaml.js';
import type { ComponentRevision } from './component.js';

/** The publisher of a snap, as the store shows it. */
export interface Publisher {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  /** `unproven`, `starred` or `verified`. */
  readonly validation: string;
}

/** The category that `snap find` shows without a query. */
export const FEATURED = 'featured';

export interface SnapCategory {
  readonly name: string;
  readonly featured: boolean;
}

/** The data of a snap that all its revisions share. */
export interface SnapDescription {
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly license: string | null;
  readonly contact: string | null;
  readonly website: string | null;
  readonly storeUrl: string | null;
  readonly links: Readonly<Record<string, readonly string[]>>;
  /** The icon in the file of the newest revision, if it has one. */
  readonly media: readonly SnapMedia[];
  readonly categories: readonly SnapCategory[];
}

export interface Snap extends SnapDescription {
  /** The pictures of its listing in the upstream store; null if no bundle had a listing. */
  readonly listedMedia: readonly SnapMedia[] | null;
  /** The operator's choice instead of the imported categories; null if not set. */
  readonly chosenCategories: readonly SnapCategory[] | null;
  readonly snapId: string;
  readonly name: string;
  readonly publisherId: string;
  /** `app`, `base`, `gadget`, `kernel`, `os` or `snapd`. */
  readonly type: string;
  /** The imported one. */
  readonly defaultTrack: string | null;
  /** The brand store that owns it; null: it is public. */
  readonly storeId: string | null;
  /** Whether searches hide it. */
  readonly isPrivate: boolean;
  /** The operator's choice instead: empty for none; null if not set. */
  readonly chosenDefaultTrack: string | null;
}

/** The pictures of a snap: those of its listing, and the icon in its file if the listing has none. */
export function shownMedia({
  media,
  listedMedia,
}: Pick<Snap, 'media' | 'listedMedia'>): readonly SnapMedia[] {
  if (listedMedia === null) return media;
  return listedMedia.some(({ type }) => type === 'icon') ? listedMedia : [...media, ...listedMedia];
}

/** One immutable revision of a snap. */
export interface SnapRevision {
  readonly snapId: string;
  readonly revision: number;
  /** SHA3-384 of the file, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
  readonly version: string;
  readonly type: string;
  readonly base: string | null;
  readonly confinement: string;
  readonly epoch: Epoch;
  readonly architectures: readonly string[];
  /** `meta/snap.yaml` as it is in the file. */
  readonly snapYaml: string;
  readonly provenance: string;
  readonly commonIds: readonly string[];
  readonly apps: readonly string[];
  /** When the publisher uploaded it: the snap-revision assertion's time. */
  readonly createdAt: Date;
  /** The components for it, of each the newest revision last; undefined if it has none. */
  readonly components?: readonly ComponentRevision[] | undefined;
}
