import { snapCategoriesView } from '../catalogue/categories.view.js';
import type { BroughtBy, BroughtComponent, BroughtRevision } from '../catalogue/snap-contents.js';
import type { ListedSnap } from '../catalogue/snap-list.js';
import { shownMedia } from '../catalogue/snap.js';
import { digestToHex } from '../common/crypto/digest.js';
import { DELTA_FORMAT } from '../deltas/delta.js';
import type { DeltaRecord } from '../deltas/deltas.service.js';
import { actorView } from '../management/audit/actor.view.js';
import { channelMapView } from '../releases/channel-map.view.js';
import { overrideView } from '../releases/overrides/override.view.js';
import { safeLink, safeLinks } from '../snap-files/links.js';
import type { SnapOverview } from './snap-overview.service.js';

/** A snap of the list as JSON. */
export function listedSnapView(snap: ListedSnap) {
  return {
    name: snap.name,
    'snap-id': snap.snapId,
    title: snap.title,
    summary: snap.summary,
    type: snap.type,
    'publisher-id': snap.publisherId,
    store: snap.storeId,
    private: snap.isPrivate,
    categories: snap.categories.map(({ name }) => name),
    'default-track': snap.defaultTrack,
    architectures: snap.architectures,
    revision: snap.revision,
    version: snap.version,
    revisions: snap.revisions,
    'size-bytes': snap.sizeBytes,
    'updated-at': snap.updatedAt.toISOString(),
  };
}

/** A snap as JSON, without its long lists. */
export function snapOverviewView({
  record,
  publisher,
  totals,
  channels,
  overrides,
  deltas,
  devices,
}: SnapOverview) {
  const { snap } = record;
  const { chosenCategories } = snap;
  const categories = { categories: chosenCategories ?? snap.categories, isChosen: chosenCategories !== null };
  return {
    name: record.name,
    'snap-id': record.snapId,
    title: snap.title,
    summary: snap.summary,
    description: snap.description,
    type: snap.type,
    license: snap.license,
    contact: safeLink(snap.contact),
    website: safeLink(snap.website),
    links: safeLinks(snap.links),
    publisher: {
      id: publisher.id,
      username: publisher.username,
      'display-name': publisher.displayName,
      validation: publisher.validation,
    },
    store: record.storeId,
    private: snap.isPrivate,
    categories: snapCategoriesView(categories).categories,
    'default-track': record.defaultTrack,
    revisions: totals.revisions,
    components: totals.components,
    'size-bytes': totals.sizeBytes,
    channels: channelMapView(channels).channels,
    overrides: overrides.map(overrideView),
    deltas: { ready: deltas.deltas, 'size-bytes': deltas.deltaBytes },
    pictures: shownMedia(snap).map(({ type, url, width, height }) => ({ type, url, width, height })),
    devices: { total: devices.total, revisions: [...devices.revisions] },
  };
}

/** A revision of a snap as JSON. */
export function heldRevisionView(held: BroughtRevision) {
  return {
    revision: held.revision,
    version: held.version,
    type: held.type,
    base: held.base,
    confinement: held.confinement,
    architectures: held.architectures,
    'size-bytes': held.sizeBytes,
    'sha3-384': digestToHex(held.digest),
    provenance: held.provenance,
    'created-at': held.createdAt.toISOString(),
    import: importView(held.import),
  };
}

/** A revision of a component as JSON. */
export function heldComponentView(held: BroughtComponent) {
  return {
    name: held.name,
    revision: held.revision,
    type: held.type,
    version: held.version,
    'snap-revisions': held.snapRevisions,
    'size-bytes': held.sizeBytes,
    'sha3-384': digestToHex(held.digest),
    'created-at': held.createdAt.toISOString(),
    import: importView(held.import),
  };
}

/** A delta, or an attempt without one, as JSON. */
export function deltaAttemptView(record: DeltaRecord) {
  return {
    format: DELTA_FORMAT,
    source: record.source,
    target: record.target,
    state: record.state,
    reason: record.reason,
    attempts: record.attempts,
    'size-bytes': record.sizeBytes,
    'sha3-384': record.digest && digestToHex(record.digest),
    'tried-at': record.triedAt.toISOString(),
    'used-at': record.usedAt?.toISOString() ?? null,
  };
}

function importView({ id, source, kind, bundleCreatedAt, at, actor }: BroughtBy) {
  return {
    id,
    source,
    kind,
    'bundle-created-at': bundleCreatedAt?.toISOString() ?? null,
    at: at.toISOString(),
    actor: actorView(actor),
  };
}
