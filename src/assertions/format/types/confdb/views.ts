import type { HeaderMap, HeaderValue } from '../../assertion.js';
import {
  HeaderError,
  isList,
  isMap,
  readNonEmptyText,
  readOptionalMap,
  readOptionalOneOf,
  readOptionalText,
} from '../../header-checks.js';
import { quote } from '../../quote.js';
import { kindsAt } from './schema-at.js';
import { parsePath, type Accessor } from './storage-path.js';
import type { SchemaKind, StorageSchema } from './storage-schema.js';
import { Work } from './work.js';

const ACCESSES = ['read-write', 'read', 'write'];
const PRESENCES = ['optional', 'required-on-write', 'required-on-read', 'required'];

/** An expanded rule of a view: a rule inside `content` has the paths of the rules around it. */
interface Rule {
  readonly request: string;
  readonly storage: string;
  readonly storagePath: readonly Accessor[];
  readonly access: string;
}

/** Checks all views of one confdb-schema against its storage. */
class ViewChecker {
  private readonly work = new Work();

  constructor(private readonly schema: StorageSchema) {}

  check(name: string, view: HeaderMap): void {
    const of = `view ${quote(name)}`;
    readOptionalText(view, 'summary', of);
    const parameters = readParameters(view, of);
    const rules = readNonEmptyList(view, 'rules', of).flatMap((rule) => this.readRule(rule, undefined, of));
    checkReading(rules, of);
    for (const rule of rules) this.checkFilters(rule, parameters, of);
    this.checkKinds(rules, of);
  }

  /** snapcore/snapd: confdb/confdb.go, parseRule. @returns the rule, and those of its `content` */
  private readRule(value: HeaderValue, parent: Rule | undefined, ofView: string): Rule[] {
    if (!isMap(value)) throw new HeaderError(`a rule of ${ofView} is not a map`);
    const of = `a rule of ${ofView}`;
    const ownStorage = readNonEmptyText(value, 'storage', of);
    const ownRequest = value['request'] === undefined ? ownStorage : readNonEmptyText(value, 'request', of);
    const request = joined(parent?.request, ownRequest);
    const storage = joined(parent?.storage, ownStorage);
    this.work.spend(request.length + storage.length);
    const storagePath = parsePath(storage, true);
    checkPlaceholders(parsePath(request, false), storagePath, `request ${quote(request)} of ${ofView}`);
    if (parent && value['access'] !== undefined)
      throw new HeaderError(
        `"access" of ${of} must not be in "content", which has that of the rule around it`,
      );
    const access = parent?.access ?? (readOptionalOneOf(value, 'access', ACCESSES, of) || 'read-write');
    const rule = { request, storage, storagePath, access };
    if (value['content'] === undefined) return [rule];
    const content = readNonEmptyList(value, 'content', of);
    return [rule, ...content.flatMap((inner) => this.readRule(inner, rule, ofView))];
  }

  /** Only maps can be filtered, and only by parameters of the view. */
  private checkFilters({ storage, storagePath }: Rule, parameters: HeaderMap, of: string): void {
    const where = `storage ${quote(storage)} of ${of}`;
    for (const [index, { filters }] of storagePath.entries()) {
      if (!filters) continue;
      const next = storagePath[index + 1];
      if (next?.kind === 'index' || next?.kind === 'index-placeholder')
        throw new HeaderError(`${where} has field filters before an index`);
      for (const parameter of filters.values())
        if (parameters[parameter] === undefined)
          throw new HeaderError(
            `${where} filters by ${quote(parameter)}, which is not one of its "parameters"`,
          );
    }
    if (!storagePath.at(-1)?.filters) return;
    for (const kind of this.kindsOf(storagePath, where))
      if (kind !== 'map' && kind !== 'any') throw new HeaderError(`${where} has field filters on a ${kind}`);
  }

  private kindsOf(path: readonly Accessor[], where: string): ReadonlySet<SchemaKind> {
    const kinds = kindsAt(this.schema, path, this.work);
    if (!kinds) throw new HeaderError(`${where} does not exist in the storage of the body`);
    return kinds;
  }

  /**
   * One request must have one type.
   *
   * snapcore/snapd: confdb/confdb.go, checkSchemaMismatch
   */
  private checkKinds(rules: readonly Rule[], of: string): void {
    const byRequest = new Map<string, Map<string, ReadonlySet<SchemaKind>>>();
    for (const { request, storage, storagePath } of rules) {
      const where = `storage ${quote(storage)} of ${of}`;
      const kinds = this.kindsOf(storagePath, where);
      const known = byRequest.get(request) ?? new Map<string, ReadonlySet<SchemaKind>>();
      byRequest.set(request, known);
      const first = [...kinds].find((kind) => kind === 'any' || kind === 'alternatives');
      if (first === 'any') continue;
      if (first) throw new HeaderError(`${where} ends at an alias of alternative types`);
      const numbered = new Set([...kinds].map((kind) => (kind === 'number' ? 'int' : kind)));
      for (const other of known.values())
        if (![...numbered].some((kind) => other.has(kind)))
          throw new HeaderError(`${where} has other types than the rest of request ${quote(request)}`);
      known.set([...numbered].toSorted().join(), numbered);
    }
  }
}

function joined(parent: string | undefined, own: string): string {
  if (parent === undefined) return own;
  return own.startsWith('[') ? parent + own : `${parent}.${own}`;
}

function readNonEmptyList(map: HeaderMap, name: string, of: string): readonly HeaderValue[] {
  const list = map[name];
  if (!isList(list) || list.length === 0)
    throw new HeaderError(`${quote(name)} of ${of} is not a list with at least one element`);
  return list;
}

function readParameters(view: HeaderMap, of: string): HeaderMap {
  const parameters = readOptionalMap(view, 'parameters', of) ?? {};
  for (const [name, attributes] of Object.entries(parameters)) {
    const what = `parameter ${quote(name)} of ${of}`;
    if (!isMap(attributes)) throw new HeaderError(`${what} is not a map`);
    readOptionalOneOf(attributes, 'presence', PRESENCES, what);
  }
  return parameters;
}

function checkReading(rules: readonly Rule[], of: string): void {
  const requests = new Set<string>();
  for (const { request, access } of rules) {
    if (access === 'write') continue;
    if (requests.has(request)) throw new HeaderError(`${of} has two reading rules of ${quote(request)}`);
    requests.add(request);
  }
}

/** snapcore/snapd: confdb/confdb.go, validateRequestStoragePair */
function checkPlaceholders(request: readonly Accessor[], storage: readonly Accessor[], what: string): void {
  const namesOf = (path: readonly Accessor[], kind: Accessor['kind']): string[] =>
    path.filter((step) => step.kind === kind).map(({ name }) => name);
  const seen = new Set<string>();
  for (const kind of ['key-placeholder', 'index-placeholder'] as const) {
    const asked = namesOf(request, kind);
    for (const name of asked) {
      if (seen.has(name)) throw new HeaderError(`${what} has placeholder ${quote(name)} twice`);
      seen.add(name);
    }
    const stored = new Set(namesOf(storage, kind));
    if (stored.size !== asked.length || !asked.every((name) => stored.has(name)))
      throw new HeaderError(`${what} has other placeholders than its storage`);
  }
}

/**
 * Checks the views of a confdb-schema: their rules are well formed, their paths exist in the storage, and no
 * two of them contradict each other.
 *
 * @throws HeaderError naming the invalid view
 * @see snapcore/snapd: confdb/confdb.go, NewSchema and newView
 */
export function checkViews(views: HeaderMap, schema: StorageSchema): void {
  const checker = new ViewChecker(schema);
  for (const [name, view] of Object.entries(views)) {
    if (!isMap(view)) throw new HeaderError(`view ${quote(name)} is not a map`);
    checker.check(name, view);
  }
}
