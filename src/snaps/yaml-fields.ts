import { StoreError } from '../common/errors.js';
import { parseYaml, type YamlMap, type YamlValue } from './yaml-value.js';

/** Most bytes of a meta/snap.yaml or meta/component.yaml; hostile YAML takes up to a second per 128 KiB. */
export const MAX_YAML_BYTES = 256 * 1024;

/** Most items of one list in snap.yaml, and most keys of its links. */
export const MAX_LIST_ITEMS = 1024;

/**
 * Reads a snap's or component's own description.
 *
 * @param what - the file's name, for messages
 * @param bytes - UTF-8, at most {@link MAX_YAML_BYTES}
 * @param read - takes the fields out of it; throws a plain Error where one is missing or of the wrong kind
 * @throws StoreError `invalid-snap`
 */
export function readYaml<T>(what: string, bytes: Buffer, read: (top: YamlMap) => T): T {
  const refusal = (detail: string, cause?: unknown) =>
    new StoreError('invalid-snap', `cannot read ${what}: ${detail}`, { cause });
  if (bytes.length > MAX_YAML_BYTES) throw refusal(`it is over ${MAX_YAML_BYTES} bytes`);
  try {
    const top = parseYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!(top instanceof Map)) throw new Error('it is not a map');
    return read(top);
  } catch (error) {
    throw refusal((error as Error).message, error);
  }
}

/**
 * Whether a text can be the name of a snap (or of a component).
 *
 * @see snapcore/snapd: snap/naming/validate.go, ValidateSnap
 */
export function isSnapName(name: string): boolean {
  return name.length >= 2 && name.length <= 40 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name);
}

/** A field that is text; empty means missing. */
export function text(map: YamlMap, key: string): string | undefined {
  const value = map.get(key);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`${key} is not text`);
  return value;
}

export function texts(key: string, value: YamlValue): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`${key} is not a list`);
  if (value.length > MAX_LIST_ITEMS) throw new Error(`${key} has over ${MAX_LIST_ITEMS} items`);
  return value.map((item: YamlValue) => {
    if (typeof item !== 'string' || item === '') throw new Error(`${key} holds something that is not text`);
    return item;
  });
}

export function mapAt(map: YamlMap, key: string): YamlMap {
  const value = map.get(key) ?? new Map<string, YamlValue>();
  if (!(value instanceof Map)) throw new Error(`${key} is not a map`);
  return value;
}

/** A field that maps names to maps, where a name may have nothing behind it. */
export function maps(map: YamlMap, key: string): Map<string, YamlMap> {
  const named = mapAt(map, key);
  return new Map([...named.keys()].map((name) => [name, mapAt(named, name)]));
}

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
  if (value === 'global-upload') throw new Error('provenance names the default, global-upload');
  if (!/^[a-zA-Z0-9](-?[a-zA-Z0-9])*$/.test(value))
    throw new Error(`provenance ${JSON.stringify(value)} is invalid`);
  return value;
}
