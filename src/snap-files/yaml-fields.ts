import { DEFAULT_PROVENANCE } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { composeYaml } from './yaml/composer.js';
import { EntryBudget, isNull, resolved, textOf, YamlFields } from './yaml/fields.js';
import type { Node } from './yaml/node.js';
import { decodeYamlText } from './yaml/text.js';

/** Largest meta/snap.yaml or meta/component.yaml, in bytes. A hostile one takes less than a second. */
export const MAX_YAML_BYTES = 256 * 1024;

/** The most items of one list in snap.yaml, and the most keys of its links. */
export const MAX_LIST_ITEMS = 1024;

/**
 * Parses a snap's or component's own description.
 *
 * @param what - the file's name, for messages
 * @param bytes - UTF-8, or UTF-16 with a byte order mark; at most {@link MAX_YAML_BYTES}
 * @param read - reads its fields; throws a plain Error if one is missing or of the wrong type
 * @throws StoreError `invalid-snap`
 */
export function readYaml<T>(what: string, bytes: Buffer, read: (top: YamlFields) => T): T {
  const refusal = (detail: string, cause?: unknown) =>
    new StoreError('invalid-snap', `cannot read ${what}: ${detail}`, { cause });
  if (bytes.length > MAX_YAML_BYTES) throw refusal(`it is over ${MAX_YAML_BYTES} bytes`);
  try {
    const top = composeYaml(decodeYamlText(bytes));
    const map = top && resolved(top);
    if (map?.kind !== 'map') throw new Error('it is not a map');
    return read(new YamlFields(map, what, new EntryBudget()));
  } catch (error) {
    throw refusal((error as Error).message, error);
  }
}

/**
 * Whether a string is a valid name of a snap (or of a component).
 *
 * @see snapcore/snapd: snap/naming/validate.go, ValidateSnap
 */
export function isSnapName(name: string): boolean {
  return name.length >= 2 && name.length <= 40 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name);
}

/** A string field; an empty one counts as missing. */
export function text(fields: YamlFields, key: string): string | undefined {
  const node = fields.get(key);
  return (node && textOf(node, key)) || undefined;
}

/** A list of strings. A missing item is the empty string, as in snapd. */
export function texts(key: string, node: Node | undefined): string[] {
  if (node === undefined || isNull(node)) return [];
  const list = resolved(node);
  if (list.kind !== 'list') throw new Error(`${key} is not a list`);
  if (list.items.length > MAX_LIST_ITEMS) throw new Error(`${key} has over ${MAX_LIST_ITEMS} items`);
  return list.items.map((item) => textOf(item, `an item of ${key}`) ?? '');
}

/** A map field. If it occurs several times, the entries are combined, as in snapd. */
export function mapAt(fields: YamlFields, key: string): YamlFields {
  const values = fields.all(key);
  const lastNull = values.findLastIndex(isNull);
  const entries = values.flatMap((value, at) => {
    if (isNull(value)) return [];
    const map = resolved(value);
    if (map.kind !== 'map') throw new Error(`${key} is not a map`);
    return at < lastNull ? [] : map.entries;
  });
  return new YamlFields({ kind: 'map', entries, line: 0 }, key, fields.budget);
}

/** A field that maps names to maps. The value of a name may be empty. */
export function maps(fields: YamlFields, key: string): Map<string, YamlFields> {
  const named = mapAt(fields, key);
  return new Map(
    named.names().map((name) => {
      const value = named.get(name);
      const map: Node = value === undefined || isNull(value) ? EMPTY : resolved(value);
      if (map.kind !== 'map') throw new Error(`${key} ${name} is not a map`);
      return [name, new YamlFields(map, name, fields.budget)];
    }),
  );
}

const EMPTY: Node = { kind: 'map', entries: [], line: 0 };

export function oneOf<T extends string>(
  key: string,
  known: readonly T[],
  value: string | undefined,
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`${key} ${JSON.stringify(value)} is unknown`);
  return found;
}

export function checkedSnapName(key: string, value: string): string {
  if (value === '') throw new Error(`${key} is missing`);
  if (!isSnapName(value)) throw new Error(`${key} ${JSON.stringify(value)} is not a snap name`);
  return value;
}

/** Up to 32 characters. */
export function checkedVersion(version: string): string {
  if (version === '') throw new Error('version is missing');
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9:.+~-]{0,30}[a-zA-Z0-9+~])?$/.test(version)) {
    throw new Error(`version ${JSON.stringify(version)} is invalid`);
  }
  return version;
}

/** @see snapcore/snapd: snap/validate.go, validateProvenance */
export function provenance(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === DEFAULT_PROVENANCE) throw new Error(`provenance names the default, ${DEFAULT_PROVENANCE}`);
  if (!/^[a-zA-Z0-9](-?[a-zA-Z0-9])*$/.test(value))
    throw new Error(`provenance ${JSON.stringify(value)} is invalid`);
  return value;
}
