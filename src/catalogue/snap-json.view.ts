import type { ChannelRelease } from '../channels/channel-map.js';
import { shortChannelName, type Channel } from '../channels/channel.js';
import { digestToHex } from '../common/crypto/digest.js';
import { ITEMS_HOLE, JsonTemplate, MEDIA_HOLE, ORIGIN_HOLE } from '../common/http/json-template.js';
import { safeLink, safeLinks } from '../snap-files/links.js';
import { componentFileName, type ComponentRevision } from './component.js';
import { shownMedia, type Publisher, type Snap, type SnapRevision } from './snap.js';

interface OfferedSnap {
  readonly snapId: string;
  readonly name: string;
  readonly snap: Snap;
  readonly publisher: Publisher;
  componentsOf(revision: SnapRevision, channel: Channel | undefined): readonly ComponentRevision[];
}

/** The path of a snap file's download, in the form of the official store. */
export function downloadPath(snapId: string, revision: number): string {
  return `/api/v1/snaps/download/${snapId}_${revision}.snap`;
}

/** A time in the form of the official store: microseconds and a numeric zone. */
export function timeView(time: Date): string {
  return `${time.toISOString().slice(0, -1)}000+00:00`;
}

export function publisherView({ id, username, displayName, validation }: Publisher): Record<string, string> {
  return { id, username, 'display-name': displayName, validation };
}

/** The fields of a snap that all its revisions share, by their names in JSON. */
export function snapFieldsView(snap: Snap, publisher: Publisher): SnapFields {
  const [contact, storeUrl] = [safeLink(snap.contact), safeLink(snap.storeUrl)];
  return {
    name: snap.name,
    'snap-id': snap.snapId,
    title: snap.title,
    summary: snap.summary,
    description: snap.description,
    // snapd and the store's own schema accept strings here, or no field.
    ...(snap.license === null ? {} : { license: snap.license }),
    ...(contact === null ? {} : { contact }),
    ...(storeUrl === null ? {} : { 'store-url': storeUrl }),
    website: safeLink(snap.website),
    links: safeLinks(snap.links),
    media: shownMedia(snap).map((media) => ({ ...media, url: MEDIA_HOLE + media.url })),
    categories: snap.chosenCategories ?? snap.categories,
    prices: {},
    private: snap.isPrivate,
    publisher: publisherView(publisher),
  };
}

/**
 * An item of `resources`.
 *
 * @param snapVersion - the version of the snap's revision, used for a component without one
 * @see snapcore/snapd: store/details_v2.go, storeResource; store/store_action.go, ResourceToComponentType
 */
function resourceView(component: ComponentRevision, snapVersion: string): Record<string, unknown> {
  const { name, revision, type, version, description, createdAt, sizeBytes, digest } = component;
  return {
    type: `component/${type}`,
    name,
    revision,
    version: version ?? snapVersion,
    'created-at': timeView(createdAt),
    description,
    download: {
      url: `${ORIGIN_HOLE}/api/v1/snaps/download/${componentFileName(component)}`,
      size: sizeBytes,
      'sha3-384': digestToHex(digest),
    },
  };
}

/**
 * The fields of a revision, by their names in JSON.
 *
 * @param components - the components that are offered with it
 */
export function revisionFieldsView(
  revision: SnapRevision,
  components: readonly ComponentRevision[] = [],
): SnapFields {
  return {
    revision: revision.revision,
    version: revision.version,
    type: revision.type,
    base: revision.base,
    confinement: revision.confinement,
    epoch: revision.epoch,
    architectures: revision.architectures,
    'created-at': timeView(revision.createdAt),
    'common-ids': revision.commonIds,
    'snap-yaml': revision.snapYaml,
    resources: components.map((component) => resourceView(component, revision.version)),
    download: downloadView(revision),
  };
}

/** All fields that this store knows. A device may request others too. */
const FIELDS = [
  'architectures',
  'base',
  'categories',
  'channel',
  'common-ids',
  'confinement',
  'contact',
  'created-at',
  'description',
  'download',
  'epoch',
  'license',
  'links',
  'media',
  'name',
  'prices',
  'private',
  'publisher',
  'resources',
  'revision',
  'snap-id',
  'snap-yaml',
  'store-url',
  'summary',
  'title',
  'type',
  'version',
  'website',
] as const;
type Field = (typeof FIELDS)[number];

/** SnapFields of a snap, by their names in JSON. */
export type SnapFields = Readonly<Partial<Record<Field, unknown>>>;

const BIT_OF = new Map<string, number>(FIELDS.map((name, index) => [name, 2 ** index]));

/** The fields that a device requested. */
export class FieldChoice {
  static readonly ALL = new FieldChoice(2 ** FIELDS.length - 1);

  /** @param mask - equal for lists with the same known fields, in any order and with any other names */
  private constructor(readonly mask: number) {}

  /** @param names - as requested; an empty list means all fields */
  static of(names: readonly string[]): FieldChoice {
    if (names.length === 0) return FieldChoice.ALL;
    let mask = 0;
    for (const name of names) mask |= BIT_OF.get(name) ?? 0;
    return new FieldChoice(mask);
  }

  has(name: string): boolean {
    return (this.mask & (BIT_OF.get(name) ?? 0)) !== 0;
  }

  pick(fields: SnapFields): Record<string, unknown> {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => this.has(name)));
  }
}

/**
 * A revision as `refresh` offers it: an object without `result` and `instance-key`, which depend on the request,
 * and without the deltas, which depend on the device's revision.
 *
 * @param release - its release; undefined for a revision that is requested by number and on no channel
 */
export function offerTemplate(
  entry: OfferedSnap,
  revision: SnapRevision,
  release: ChannelRelease | undefined,
  choice: FieldChoice,
): JsonTemplate {
  const { snapId, name, snap, publisher } = entry;
  return new JsonTemplate({
    'snap-id': snapId,
    name,
    ...(release && {
      'effective-channel': shortChannelName(release.channel),
      'released-at': timeView(release.releasedAt),
    }),
    snap: choice.pick({
      ...snapFieldsView(snap, publisher),
      ...revisionFieldsView(revision, entry.componentsOf(revision, release?.channel)),
      download: { ...downloadView(revision), deltas: [ITEMS_HOLE] },
    }),
  });
}

/** A revision's `download` object; its URL begins with a placeholder for the origin. */
function downloadView(revision: SnapRevision): Record<string, unknown> {
  return {
    url: ORIGIN_HOLE + downloadPath(revision.snapId, revision.revision),
    size: revision.sizeBytes,
    'sha3-384': digestToHex(revision.digest),
    deltas: [],
  };
}
