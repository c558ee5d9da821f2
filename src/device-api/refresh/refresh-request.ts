import { FieldChoice } from '../../catalogue/snap-json.view.js';
import { isFields, type JsonFields } from '../../common/domain/json.js';
import {
  MAX_ACTION_SETS,
  MAX_FIELDS,
  MAX_FORMATS,
  MAX_KEY_PARTS,
  MAX_REFRESH_ACTIONS,
  MAX_REFRESH_ASSERTIONS,
  MAX_REFRESH_CONTEXT,
  MAX_REFRESH_SET_MENTIONS,
  MAX_REFRESH_SETS,
} from '../../common/limits.js';
import { MAX_EPOCH_NUMBERS } from '../../snap-files/epoch.js';
import {
  checkCount,
  countOf,
  fieldsOf,
  isCount,
  listOf,
  optionalText,
  optionalTexts,
  refuse,
} from './refresh-fields.js';

/** An installed snap, as the device reports it. */
export interface ContextEntry {
  readonly instanceKey: string;
  readonly snapId: string;
  readonly trackingChannel: string | undefined;
  readonly revision: number | undefined;
  /** The data generations that the installed revision writes, from its epoch. */
  readonly writes: readonly number[] | undefined;
  readonly cohortKey: string | undefined;
}

export interface SnapAction {
  readonly kind: 'install' | 'download' | 'refresh';
  readonly instanceKey: string;
  readonly name: string | undefined;
  readonly snapId: string | undefined;
  readonly channel: string | undefined;
  readonly revision: number | undefined;
  /** The epoch of the data of a local snap that the store's snap replaces. */
  readonly writes: readonly number[] | undefined;
  readonly cohortKey: string | undefined;
  /** Names of the sets that the answer must satisfy; undefined if there are none, or they are ignored. */
  readonly validationSets: readonly string[] | undefined;
}

/** One assertion of a group: by its key, or by its sequence key. */
export interface AssertionQuery {
  readonly type: string;
  readonly primaryKey: readonly string[] | undefined;
  readonly sequenceKey: readonly string[] | undefined;
  readonly sequence: number | undefined;
  readonly ifNewerThan: number | undefined;
  readonly ifSequenceEqualOrNewerThan: number | undefined;
}

export interface FetchAssertionsAction {
  readonly kind: 'fetch-assertions';
  readonly key: string;
  readonly assertions: readonly AssertionQuery[];
}

/** An unknown action. Its result is an error, and the other actions are not affected. */
export interface UnknownAction {
  readonly kind: 'unknown';
  readonly action: string;
  readonly instanceKey: string;
}

export type RefreshAction = SnapAction | FetchAssertionsAction | UnknownAction;

export interface RefreshRequest {
  readonly context: ReadonlyMap<string, ContextEntry>;
  readonly actions: readonly RefreshAction[];
  readonly fields: FieldChoice;
  /** The highest format of a type that the device can read; 0 for a type that it does not list. */
  readonly maxFormats: ReadonlyMap<string, number>;
  /** Full keys of all validation sets in its actions, by {@link setName}; each once. */
  readonly validationSets: ReadonlyMap<string, readonly string[]>;
}

/** A validation set's key as one string. */
export function setName(key: readonly string[]): string {
  return key.join('\0');
}

/** The data generations that an epoch writes; undefined without an epoch, and for forms that no snapd sends. */
export function writesOf(epoch: unknown): readonly number[] | undefined {
  const writes = isFields(epoch) ? epoch['write'] : undefined;
  return Array.isArray(writes) &&
    writes.length > 0 &&
    writes.length <= MAX_EPOCH_NUMBERS &&
    writes.every(isCount)
    ? writes
    : undefined;
}

function formatsOf(value: unknown): ReadonlyMap<string, number> {
  const formats = fieldsOf(value ?? {}, 'assertion-max-formats');
  const types = Object.keys(formats);
  if (types.length > MAX_FORMATS) throw refuse(`assertion-max-formats lists more than ${MAX_FORMATS} types`);
  return new Map(
    types.map((type) => [type, checkCount(formats[type], `the format of ${type.slice(0, 80)}`)]),
  );
}

/** The validation sets of a whole request, counted while they are parsed. */
class NamedSets {
  readonly keys = new Map<string, readonly string[]>();
  private mentions = 0;

  /** @returns the names of the sets of one action */
  read(action: JsonFields): readonly string[] | undefined {
    const keys = listOf(action['validation-sets'], 'validation-sets of an action', MAX_ACTION_SETS);
    if (keys.length === 0 || action['ignore-validation'] === true) return undefined;
    this.mentions += keys.length;
    if (this.mentions > MAX_REFRESH_SET_MENTIONS)
      throw refuse(
        `its actions name validation sets more than ${MAX_REFRESH_SET_MENTIONS} times; request fewer snaps at a time`,
      );
    return keys.map((value) => {
      const key = optionalTexts(value, 'strings in a key of validation-sets', MAX_KEY_PARTS) ?? [];
      const name = setName(key);
      this.keys.set(name, key);
      if (this.keys.size > MAX_REFRESH_SETS)
        throw refuse(
          `it names more than ${MAX_REFRESH_SETS} different validation sets; request fewer snaps at a time`,
        );
      return name;
    });
  }
}

function contextEntry(value: unknown): ContextEntry {
  const entry = fieldsOf(value, 'a context entry');
  const snapId = optionalText(entry, 'snap-id');
  const instanceKey = optionalText(entry, 'instance-key') ?? snapId;
  if (snapId === undefined || instanceKey === undefined) throw refuse('a context entry has no snap-id');
  return {
    instanceKey,
    snapId,
    trackingChannel: optionalText(entry, 'tracking-channel'),
    revision: isCount(entry['revision']) ? entry['revision'] : undefined,
    writes: writesOf(entry['epoch']),
    cohortKey: optionalText(entry, 'cohort-key'),
  };
}

function assertionQuery(value: unknown): AssertionQuery {
  const query = fieldsOf(value, 'an assertion');
  const type = optionalText(query, 'type');
  const primaryKey = optionalTexts(query['primary-key'], 'strings in a primary-key', MAX_KEY_PARTS);
  const sequenceKey = optionalTexts(query['sequence-key'], 'strings in a sequence-key', MAX_KEY_PARTS);
  if (type === undefined) throw refuse('an assertion has no type');
  if ((primaryKey === undefined) === (sequenceKey === undefined))
    throw refuse('an assertion needs either primary-key or sequence-key');
  return {
    type,
    primaryKey,
    sequenceKey,
    sequence: countOf(query, 'sequence'),
    ifNewerThan: countOf(query, 'if-newer-than'),
    ifSequenceEqualOrNewerThan: countOf(query, 'if-sequence-equal-or-newer-than'),
  };
}

function refreshAction(value: unknown, sets: NamedSets): RefreshAction {
  const action = fieldsOf(value, 'an action');
  const kind = optionalText(action, 'action');
  if (kind === 'fetch-assertions') {
    const key = optionalText(action, 'key');
    if (key === undefined) throw refuse('a fetch-assertions action has no key');
    const assertions = listOf(action['assertions'], 'assertions', MAX_REFRESH_ASSERTIONS);
    return { kind, key, assertions: assertions.map(assertionQuery) };
  }
  const instanceKey = optionalText(action, 'instance-key') ?? '';
  if (kind !== 'install' && kind !== 'download' && kind !== 'refresh') {
    return { kind: 'unknown', action: kind ?? '', instanceKey };
  }
  return {
    kind,
    instanceKey,
    name: optionalText(action, 'name'),
    snapId: optionalText(action, 'snap-id'),
    channel: optionalText(action, 'channel'),
    revision: countOf(action, 'revision'),
    writes: writesOf(action['epoch']),
    cohortKey: optionalText(action, 'cohort-key'),
    validationSets: sets.read(action),
  };
}

function checkAssertions(actions: readonly RefreshAction[]): void {
  let count = 0;
  for (const action of actions) if (action.kind === 'fetch-assertions') count += action.assertions.length;
  if (count > MAX_REFRESH_ASSERTIONS)
    throw refuse(`its groups have more than ${MAX_REFRESH_ASSERTIONS} assertions; request fewer at a time`);
}

/**
 * Parses a request to `/v2/snaps/refresh`. Unknown members are ignored: newer snapds send more.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request` on a shape that no snapd sends
 * @see snapcore/snapd: store/store_action.go, snapActionJSON and currentSnapV2JSON
 */
export function parseRefreshRequest(body: unknown): RefreshRequest {
  const request = fieldsOf(body, 'the body');
  const sets = new NamedSets();
  const actions = listOf(request['actions'], 'actions', MAX_REFRESH_ACTIONS).map((action) =>
    refreshAction(action, sets),
  );
  checkAssertions(actions);
  const context = new Map<string, ContextEntry>();
  for (const value of listOf(request['context'], 'entries in its context', MAX_REFRESH_CONTEXT)) {
    const entry = contextEntry(value);
    context.set(entry.instanceKey, entry);
  }
  return {
    context,
    actions,
    fields: FieldChoice.of(optionalTexts(request['fields'], 'fields', MAX_FIELDS) ?? []),
    maxFormats: formatsOf(request['assertion-max-formats']),
    validationSets: sets.keys,
  };
}
