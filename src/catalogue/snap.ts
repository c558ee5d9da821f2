import type { SnapMedia } from '../snap-files/picture.js';
import type { Epoch } from '../snap-files/snap-yaml.js';
import type { ComponentRevision } from './component.js';

/** Who published a snap, as the store shows it. */
export interface Publisher {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  /** `unproven`, `starred` or `verified`. */
  readonly validation: string;
}

/** The category whose snaps `snap find` shows where nothing is asked for. */
export const FEATURED = 'featured';

export interface SnapCategory {
  readonly name: string;
  readonly featured: boolean;
}

/** What is said of a snap whatever its revision. */
export interface SnapDescription {
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly license: string | null;
  readonly contact: string | null;
  readonly website: string | null;
  readonly storeUrl: string | null;
  readonly links: Readonly<Record<string, readonly string[]>>;
  /** The icon in the file of the newest revision, where there is one. */
  readonly media: readonly SnapMedia[];
  readonly categories: readonly SnapCategory[];
}

export interface Snap extends SnapDescription {
  /** The pictures of its listing in the upstream store; null where no bundle has said which. */
  readonly listedMedia: readonly SnapMedia[] | null;
  /** What the operator chose over the categories that came with the snap; null where nothing was chosen. */
  readonly chosenCategories: readonly SnapCategory[] | null;
  readonly snapId: string;
  readonly name: string;
  readonly publisherId: string;
  /** `app`, `base`, `gadget`, `kernel`, `os` or `snapd`. */
  readonly type: string;
  /** As it came with the snap. */
  readonly defaultTrack: string | null;
  /** The brand store that owns it; null: everybody's. */
  readonly storeId: string | null;
  /** Searches do not list it. */
  readonly isPrivate: boolean;
  /** What the operator chose instead: empty for none at all; null where nothing was chosen. */
  readonly chosenDefaultTrack: string | null;
}

/** The pictures that a snap is shown with: those of its listing, and the icon in its file where they have none. */
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
  /** Its components that go with it, of each the newest revision last; undefined where there is none. */
  readonly components?: readonly ComponentRevision[] | undefined;
}
