import { StoreError } from '../common/errors.js';
import { MAX_EPOCH_NUMBERS } from './epoch.js';
import { FieldChoice } from './snap-json.view.js';

/** More actions than a device can have snaps; beyond it a request is refused. */
export const MAX_REFRESH_ACTIONS = 2_000;

/** More assertions than the snaps of a device need, all groups of a request together. */
export const MAX_REFRESH_ASSERTIONS = 10_000;

/** More validation sets than a device enforces. */
export const MAX_ACTION_SETS = 100;

/** No revision, sequence or format is above it: the largest `integer` of PostgreSQL. */
const MAX_COUNT = 2_147_483_647;

/** An installed snap, as the device names it. */
export interface ContextEntry {
  readonly instanceKey: string;
  readonly snapId: string;
  readonly trackingChannel: string | undefined;
  readonly revision: number | undefined;
  /** The generations of data that the installed revision writes: of its epoch. */
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
  /** Of data that a local snap wrote which the store's is to replace. */
  readonly writes: readonly number[] | undefined;
  readonly cohortKey: string | undefined;
  /** Full keys of the sets that the answer must fulfil; undefined where there are none, or they are to be ignored. */
  readonly validationSets: readonly (readonly string[])[] | undefined;
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

/** An action that this store does not know: answered with an error of its own, the others are not harmed. */
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
  /** The highest format that the device reads of a type; 0 for a type that it does not list. */
  readonly maxFormats: ReadonlyMap<string, number>;
}

function refuse(what: string): StoreError {
  return new StoreError('invalid-request', `cannot read refresh request: ${what}`);
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw refuse(`${what} is not a list`);
}

function fieldsOf(value: unknown, what: string): Fields {
  if (isFields(value)) return value;
  throw refuse(`${what} is not an object`);
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw refuse(`${name} is not a text`);
  return value === '' ? undefined : value;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT;
}

function checkCount(value: unknown, name: string): number {
  if (isCount(value)) return value;
  throw refuse(`${name} is not a whole number from 0 to ${MAX_COUNT}`);
}

function countOf(fields: Fields, name: string): number | undefined {
  const value = fields[name] ?? undefined;
  return value === undefined ? undefined : checkCount(value, name);
}

/** What an epoch writes; undefined where none is given, and of forms that no snapd sends. */
function writesOf(epoch: unknown): readonly number[] | undefined {
  const writes = isFields(epoch) ? epoch['write'] : undefined;
  return Array.isArray(writes) &&
    writes.length > 0 &&
    writes.length <= MAX_EPOCH_NUMBERS &&
    writes.every(isCount)
    ? writes
    : undefined;
}

function formatsOf(value: unknown): ReadonlyMap<string, number> {
  const formats = Object.entries(fieldsOf(value ?? {}, 'assertion-max-formats'));
  return new Map(
    formats.map(([type, format]) => [type, checkCount(format, `the format of ${type.slice(0, 80)}`)]),
  );
}

function textsOf(value: unknown, what: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const texts = listOf(value, what);
  if (texts.every((text) => typeof text === 'string')) return texts;
  throw refuse(`${what} is not a list of texts`);
}

function validationSetsOf(action: Fields): readonly (readonly string[])[] | undefined {
  const keys = listOf(action['validation-sets'], 'validation-sets');
  if (keys.length === 0 || action['ignore-validation'] === true) return undefined;
  if (keys.length > MAX_ACTION_SETS)
    throw refuse(`an action has more than ${MAX_ACTION_SETS} validation-sets`);
  return keys.map((key) => textsOf(key, 'a key in validation-sets') ?? []);
}

function contextEntry(value: unknown): ContextEntry {
  const entry = fieldsOf(value, 'a context entry');
  const snapId = textOf(entry, 'snap-id');
  const instanceKey = textOf(entry, 'instance-key') ?? snapId;
  if (snapId === undefined || instanceKey === undefined) throw refuse('a context entry has no snap-id');
  return {
    instanceKey,
    snapId,
    trackingChannel: textOf(entry, 'tracking-channel'),
    revision: isCount(entry['revision']) ? entry['revision'] : undefined,
    writes: writesOf(entry['epoch']),
    cohortKey: textOf(entry, 'cohort-key'),
  };
}

function assertionQuery(value: unknown): AssertionQuery {
  const query = fieldsOf(value, 'an assertion');
  const type = textOf(query, 'type');
  const primaryKey = textsOf(query['primary-key'], 'primary-key');
  const sequenceKey = textsOf(query['sequence-key'], 'sequence-key');
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

function refreshAction(value: unknown): RefreshAction {
  const action = fieldsOf(value, 'an action');
  const kind = textOf(action, 'action');
  if (kind === 'fetch-assertions') {
    const key = textOf(action, 'key');
    if (key === undefined) throw refuse('a fetch-assertions action has no key');
    return { kind, key, assertions: listOf(action['assertions'], 'assertions').map(assertionQuery) };
  }
  const instanceKey = textOf(action, 'instance-key') ?? '';
  if (kind !== 'install' && kind !== 'download' && kind !== 'refresh') {
    return { kind: 'unknown', action: kind ?? '', instanceKey };
  }
  return {
    kind,
    instanceKey,
    name: textOf(action, 'name'),
    snapId: textOf(action, 'snap-id'),
    channel: textOf(action, 'channel'),
    revision: countOf(action, 'revision'),
    writes: writesOf(action['epoch']),
    cohortKey: textOf(action, 'cohort-key'),
    validationSets: validationSetsOf(action),
  };
}

function checkAssertions(actions: readonly RefreshAction[]): void {
  let count = 0;
  for (const action of actions) if (action.kind === 'fetch-assertions') count += action.assertions.length;
  if (count > MAX_REFRESH_ASSERTIONS)
    throw refuse(`its groups have more than ${MAX_REFRESH_ASSERTIONS} assertions`);
}

/**
 * Reads what a device sends to `/v2/snaps/refresh`. Unknown members are passed over: newer snapds send more.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request` on a shape that no snapd sends
 * @see snapcore/snapd: store/store_action.go, snapActionJSON and currentSnapV2JSON
 */
export function parseRefreshRequest(body: unknown): RefreshRequest {
  const request = fieldsOf(body, 'the body');
  const actions = listOf(request['actions'], 'actions');
  if (actions.length > MAX_REFRESH_ACTIONS) throw refuse(`it has more than ${MAX_REFRESH_ACTIONS} actions`);
  const parsed = actions.map(refreshAction);
  checkAssertions(parsed);
  const context = new Map<string, ContextEntry>();
  for (const value of listOf(request['context'], 'context')) {
    const entry = contextEntry(value);
    context.set(entry.instanceKey, entry);
  }
  return {
    context,
    actions: parsed,
    fields: FieldChoice.of(textsOf(request['fields'], 'fields') ?? []),
    maxFormats: formatsOf(request['assertion-max-formats']),
  };
}
