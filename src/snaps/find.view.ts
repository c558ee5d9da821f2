import { JsonTemplate } from '../common/json-template.js';
import { shortChannelName } from './channel/channel.js';
import type { SearchResult } from './search.service.js';
import { revisionFieldsView, snapFieldsView, type FieldChoice, type Fields } from './snap-json.view.js';

const SNAP_FIELDS = new Set([
  'categories',
  'contact',
  'description',
  'license',
  'links',
  'media',
  'prices',
  'private',
  'publisher',
  'store-url',
  'summary',
  'title',
  'website',
]);
const REVISION_FIELDS = new Set(['base', 'common-ids', 'confinement', 'revision', 'type', 'version']);

function only(fields: Fields, allowed: ReadonlySet<string>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => allowed.has(name)));
}

function resultView({ entry, release }: SearchResult, fields: FieldChoice): object {
  const { snap, publisher, released } = entry;
  const revision = released.get(release.revision);
  const revisionFields = revision && {
    ...fields.pick(only(revisionFieldsView(revision), REVISION_FIELDS)),
    ...(fields.has('channel') && { channel: shortChannelName(release.channel) }),
    ...(fields.has('download') && { download: { size: revision.sizeBytes } }),
  };
  return {
    name: snap.name,
    'snap-id': snap.snapId,
    snap: fields.pick(only(snapFieldsView(snap, publisher), SNAP_FIELDS)),
    ...(revisionFields && Object.keys(revisionFields).length > 0 && { revision: revisionFields }),
  };
}

/** The body of `/v2/snaps/find`. */
export function findView(results: readonly SearchResult[], fields: FieldChoice): JsonTemplate {
  return new JsonTemplate({ results: results.map((result) => resultView(result, fields)) });
}
