import {
  revisionFieldsView,
  snapFieldsView,
  type FieldChoice,
  type SnapFields,
} from '../../catalogue/snap-json.view.js';
import { shortChannelName } from '../../channels/channel.js';
import { JsonTemplate, originBytes } from '../../common/http/json-template.js';
import type { Origins } from '../../common/http/request-origin.js';
import { MAX_FIND_BYTES } from '../../common/limits.js';
import type { SearchResult } from './search.service.js';

const COMMA = Buffer.from(',');

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

function only(fields: SnapFields, allowed: ReadonlySet<string>): SnapFields {
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

/** The body of `/v2/snaps/find`, in pieces: the best results, up to the limit of an answer. */
export function findView(
  results: readonly SearchResult[],
  fields: FieldChoice,
  origins: Origins,
): readonly Buffer[] {
  const pieces: Buffer[] = [Buffer.from('{"results":[')];
  const asBytes = originBytes(origins);
  let sizeBytes = 0;
  for (const result of results) {
    const bytes = new JsonTemplate(resultView(result, fields)).fill(asBytes);
    sizeBytes += bytes.length + COMMA.length;
    if (sizeBytes > MAX_FIND_BYTES) break;
    if (pieces.length > 1) pieces.push(COMMA);
    pieces.push(bytes);
  }
  return [...pieces, Buffer.from(']}')];
}
