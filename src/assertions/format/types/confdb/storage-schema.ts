import { HeaderError } from '../../header-checks.js';
import { quote } from '../../quote.js';
import { isRe2 } from '../../re2.js';
import type { Json, JsonObject } from './go-json.js';
import { SUBKEY } from './storage-path.js';

const SCALARS = ['string', 'int', 'number', 'bool', 'any'] as const;

export type ScalarKind = (typeof SCALARS)[number];
export type SchemaKind = ScalarKind | 'map' | 'array' | 'alternatives';

/** Marks of a part of the storage, and whether it or anything inside has one. */
interface Marks {
  readonly isSecret: boolean;
  readonly holdsSecret: boolean;
  readonly holdsEphemeral: boolean;
}

/** The type of a part of the storage. */
export type StorageSchema = Marks &
  (
    | { readonly kind: ScalarKind }
    | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, StorageSchema> }
    /** The keys are not fixed; undefined if the type of the values is not given either. */
    | { readonly kind: 'map'; readonly entries: undefined; readonly values: StorageSchema | undefined }
    | { readonly kind: 'array'; readonly values: StorageSchema }
    | { readonly kind: 'alternatives'; readonly alternatives: readonly StorageSchema[] }
    | { readonly kind: 'alias'; readonly type: StorageSchema }
  );

function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** For JSON null, Go keeps the empty value. */
function asObject(value: Json | undefined, what: string): JsonObject {
  if (value === null) return new Map();
  if (isObject(value)) return value;
  throw new HeaderError(`${what} is not an object`);
}

function asText(value: Json | undefined, what: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  throw new HeaderError(`${what} is not a string`);
}

function asFlag(value: Json | undefined, what: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw new HeaderError(`${what} is not true or false`);
}

function isInt64(value: Json): boolean {
  // Go's output for an integer from 2^63 is out of its own range.
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
}

/** The kind of a value in `choices`, `min` or `max`. */
const IS_OF_KIND: Readonly<Record<'string' | 'int' | 'number', (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  int: isInt64,
  number: (value) => typeof value === 'number',
};

function checkChoices(kind: keyof typeof IS_OF_KIND, choices: Json): void {
  const isGood =
    isList(choices) &&
    choices.length > 0 &&
    choices.every((choice) => choice === null || IS_OF_KIND[kind](choice));
  if (!isGood) throw new HeaderError(`"choices" of a storage type is not a list of ${kind} values`);
}

/** @see snapcore/snapd: confdb/schema.go, parseConstraints of intSchema and numberSchema */
function checkBounds(kind: 'int' | 'number', definition: JsonObject): void {
  const [min, max] = ['min', 'max'].map((name) => {
    const bound = definition.get(name);
    if (bound === undefined) return undefined;
    if (definition.has('choices')) throw new HeaderError(`a storage type has both "choices" and "${name}"`);
    if (bound !== null && !IS_OF_KIND[kind](bound))
      throw new HeaderError(`"${name}" of a storage type is not of type ${kind}`);
    return Number(bound);
  });
  if (min !== undefined && max !== undefined && min > max)
    throw new HeaderError('"min" of a storage type is above "max"');
}

/** @see snapcore/snapd: confdb/schema.go, stringSchema.parseConstraints */
function checkPattern(definition: JsonObject): void {
  const pattern = definition.get('pattern');
  if (pattern === undefined) return;
  if (definition.has('choices')) throw new HeaderError('a storage type has both "choices" and "pattern"');
  const text = asText(pattern, '"pattern" of a storage type');
  if (!isRe2(text)) throw new HeaderError(`a storage type has a malformed "pattern": ${quote(text)}`);
}

function checkScalar(kind: ScalarKind, definition: JsonObject): void {
  const choices = definition.get('choices');
  if (kind !== 'bool' && kind !== 'any' && choices !== undefined) checkChoices(kind, choices);
  if (kind === 'int' || kind === 'number') checkBounds(kind, definition);
  if (kind === 'string') checkPattern(definition);
}

/** `["a", "b"]`, or lists of these, one of which must be satisfied. */
function checkRequired(required: Json, entries: ReadonlyMap<string, StorageSchema>): void {
  const isLists = isList(required) && required.every((one) => one === null || isList(one));
  const lists = isLists ? required.map((one) => one ?? []) : [required];
  for (const list of required === null ? [] : lists) {
    if (!isList(list) || !list.every((key) => typeof key === 'string' && entries.has(key)))
      throw new HeaderError('"required" of a storage type is not a list of keys of its "schema"');
  }
}

/** Parses the types of a storage, which may refer to its aliases. */
class Parser {
  private aliases: ReadonlyMap<string, StorageSchema> = new Map();

  parseTop(storage: JsonObject): StorageSchema {
    if (storage.has('type') && storage.get('type') !== 'map')
      throw new HeaderError('"type" of the storage is not "map"');
    if (!storage.has('schema')) throw new HeaderError('the storage has no "schema"');
    const aliases = new Map<string, StorageSchema>();
    for (const [name, definition] of asObject(storage.get('aliases') ?? null, '"aliases" of the storage'))
      aliases.set(name, this.parseAlias(name, definition));
    this.aliases = aliases;
    return this.parse(storage);
  }

  private parseAlias(name: string, definition: Json): StorageSchema {
    if (!SUBKEY.test(name)) throw new HeaderError(`storage alias ${quote(name)} has a malformed name`);
    const type = this.parse(definition);
    if (type.holdsEphemeral)
      throw new HeaderError(`storage alias ${quote(name)} must not contain "ephemeral"`);
    if (type.holdsSecret) throw new HeaderError(`storage alias ${quote(name)} must not contain "visibility"`);
    return type;
  }

  private parse(definition: Json): StorageSchema {
    if (isList(definition)) return this.parseAlternatives(definition);
    if (typeof definition === 'string') return this.parseType(definition, undefined);
    if (!isObject(definition)) throw new HeaderError('a storage type is not an object, a string or a list');
    const type = definition.has('type') ? asText(definition.get('type'), '"type" of a storage type') : 'map';
    return this.parseType(type, definition);
  }

  private parseType(type: string, definition: JsonObject | undefined): StorageSchema {
    const given = definition ?? new Map<string, Json>();
    const scalar = SCALARS.find((kind) => kind === type);
    if (scalar) {
      checkScalar(scalar, given);
      return { kind: scalar, ...readMarks(given, []) };
    }
    if (type !== 'map' && type !== 'array') return this.parseReference(type, given);
    if (!definition) throw new HeaderError(`storage type ${quote(type)} has no constraints`);
    return type === 'map' ? this.parseMap(definition) : this.parseArray(definition);
  }

  private parseReference(reference: string, definition: JsonObject): StorageSchema {
    return { kind: 'alias', type: this.getAlias(reference), ...readMarks(definition, []) };
  }

  private getAlias(reference: string): StorageSchema {
    const name = /^\$\{(.+)\}$/s.exec(reference)?.[1] ?? '';
    const alias = this.aliases.get(name);
    if (alias) return alias;
    throw new HeaderError(`storage type ${quote(reference)} is unknown`);
  }

  /** Nested alternatives are flattened. */
  private parseAlternatives(definitions: readonly Json[]): StorageSchema {
    const alternatives = definitions.flatMap((definition) => {
      const type = this.parse(definition);
      return type.kind === 'alternatives' ? type.alternatives : [type];
    });
    const isSecret = alternatives[0]?.isSecret;
    if (isSecret === undefined) throw new HeaderError('a list of alternative storage types is empty');
    if (alternatives.some((type) => type.isSecret !== isSecret))
      throw new HeaderError('alternative storage types have different visibility');
    return { kind: 'alternatives', alternatives, ...marksOf(false, isSecret, alternatives) };
  }

  /** @see snapcore/snapd: confdb/schema.go, mapSchema.parseConstraints */
  private parseMap(definition: JsonObject): StorageSchema {
    const schema = definition.get('schema');
    if (schema !== undefined) return this.parseEntries(definition, schema);
    if (definition.has('required')) throw new HeaderError('a storage map has "required" without "schema"');
    const [keys, values] = [definition.get('keys'), definition.get('values')];
    if (keys === undefined && values === undefined)
      throw new HeaderError('a storage map has none of "schema", "keys" and "values"');
    const inside = [
      ...(keys === undefined ? [] : [this.parseKeys(keys)]),
      ...(values === undefined ? [] : [this.parse(values)]),
    ];
    const marks = readMarks(definition, inside);
    return {
      kind: 'map',
      entries: undefined,
      values: values === undefined ? undefined : inside.at(-1),
      ...marks,
    };
  }

  private parseEntries(definition: JsonObject, schema: Json): StorageSchema {
    if (definition.has('keys') || definition.has('values'))
      throw new HeaderError('a storage map has "schema" and "keys" or "values"');
    const entries = new Map<string, StorageSchema>();
    for (const [key, type] of asObject(schema, '"schema" of a storage map')) {
      if (!SUBKEY.test(key)) throw new HeaderError(`a storage map has a malformed key: ${quote(key)}`);
      entries.set(key, this.parse(type));
    }
    const required = definition.get('required');
    if (required !== undefined) checkRequired(required, entries);
    return { kind: 'map', entries, ...readMarks(definition, [...entries.values()]) };
  }

  /** @see snapcore/snapd: confdb/schema.go, parseMapKeyType */
  private parseKeys(keys: Json): StorageSchema {
    if (isObject(keys)) {
      if (keys.has('type') && keys.get('type') !== 'string')
        throw new HeaderError('"keys" of a storage map are not of type string');
      return this.parseType('string', keys);
    }
    if (keys === 'string') return this.parseType(keys, undefined);
    const alias = this.getAlias(asText(keys, '"keys" of a storage map'));
    if (alias.kind !== 'string') throw new HeaderError('"keys" of a storage map are not of type string');
    return { kind: 'alias', type: alias, ...readMarks(new Map(), []) };
  }

  private parseArray(definition: JsonObject): StorageSchema {
    const values = definition.get('values');
    if (values === undefined) throw new HeaderError('a storage array has no "values"');
    asFlag(definition.get('unique'), '"unique" of a storage array');
    const type = this.parse(values);
    return { kind: 'array', values: type, ...readMarks(definition, [type]) };
  }
}

function marksOf(isEphemeral: boolean, isSecret: boolean, inside: readonly Marks[]): Marks {
  return {
    isSecret,
    holdsSecret: isSecret || inside.some((type) => type.holdsSecret),
    holdsEphemeral: isEphemeral || inside.some((type) => type.holdsEphemeral),
  };
}

function readMarks(definition: JsonObject, inside: readonly Marks[]): Marks {
  const visibility = definition.get('visibility');
  if (visibility !== undefined && visibility !== 'secret')
    throw new HeaderError('"visibility" of a storage type is not "secret"');
  const isEphemeral = asFlag(definition.get('ephemeral'), '"ephemeral" of a storage type');
  return marksOf(isEphemeral, visibility === 'secret', inside);
}

/**
 * Parses the storage in the body of a confdb-schema.
 *
 * An alias that refers to another one is refused: snapd reads aliases in no fixed order, and accepts such a
 * reference or not by chance.
 *
 * @throws HeaderError if a type is malformed or unknown
 * @see snapcore/snapd: confdb/schema.go, ParseStorageSchema
 */
export function parseStorageSchema(storage: Json): StorageSchema {
  return new Parser().parseTop(asObject(storage, '"storage" of the body'));
}
