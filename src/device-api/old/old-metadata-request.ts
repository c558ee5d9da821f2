import { FieldChoice } from '../../catalogue/snap-json.view.js';
import { type JsonFields } from '../../common/domain/json.js';
import { MAX_FIELDS, MAX_OLD_METADATA_SNAPS } from '../../common/limits.js';
import { parseShortEpoch } from '../../snap-files/epoch.js';
import { countOf, fieldsOf, listOf, optionalText, optionalTexts, refuse } from '../refresh/refresh-fields.js';
import {
  writesOf,
  type ContextEntry,
  type RefreshRequest,
  type SnapAction,
} from '../refresh/refresh-request.js';

/** The request of a device with snapd before 2.33 about its snaps. */
export interface OldMetadataRequest {
  /** The same request in the form of newer ones. */
  readonly refresh: RefreshRequest;
  /** The fields, by their names in JSON. */
  readonly fields: ReadonlySet<string>;
}

/** An epoch in any of the forms that these snapds sent: `0`, `1*`, or lists. */
function oldWritesOf(epoch: unknown): readonly number[] | undefined {
  if (typeof epoch !== 'string') return writesOf(epoch);
  try {
    return parseShortEpoch(epoch).write;
  } catch {
    return undefined;
  }
}

function installedSnap(value: unknown): { entry: ContextEntry; action: SnapAction } {
  const snap: JsonFields = fieldsOf(value, 'a snap');
  const snapId = optionalText(snap, 'snap_id');
  if (snapId === undefined) throw refuse('a snap has no snap_id');
  const writes = oldWritesOf(snap['epoch']);
  const entry = {
    instanceKey: snapId,
    snapId,
    trackingChannel: optionalText(snap, 'channel'),
    revision: countOf(snap, 'revision'),
    writes,
    cohortKey: undefined,
  };
  const action: SnapAction = {
    kind: 'refresh',
    instanceKey: snapId,
    name: undefined,
    snapId,
    channel: undefined,
    revision: undefined,
    writes,
    cohortKey: undefined,
    validationSets: undefined,
  };
  return { entry, action };
}

/**
 * Parses a request to `/api/v1/snaps/metadata`.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request` on a shape that no snapd sends
 * @see snapcore/snapd 2.30: store/store.go, currentSnapJSON and metadataWrapper
 */
export function parseOldMetadataRequest(body: unknown): OldMetadataRequest {
  const request = fieldsOf(body, 'the body');
  const snaps = listOf(request['snaps'], 'snaps', MAX_OLD_METADATA_SNAPS).map(installedSnap);
  return {
    refresh: {
      context: new Map(snaps.map(({ entry }) => [entry.instanceKey, entry])),
      actions: snaps.map(({ action }) => action),
      fields: FieldChoice.of(['revision']),
      maxFormats: new Map(),
      validationSets: new Map(),
    },
    fields: new Set(optionalTexts(request['fields'], 'fields', MAX_FIELDS) ?? []),
  };
}
