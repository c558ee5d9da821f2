import { StoreError } from '../common/errors.js';
import type { AssertionType } from './format/assertion-type.js';
import { assertionType } from './format/registry.js';

/** Where one assertion is asked for: the path after `/v2/assertions`, each value encoded once. */
export function assertionPath(type: AssertionType, primaryKey: readonly string[]): string {
  return `/v2/assertions/${[type.name, ...reducedKey(type, primaryKey)].map(encodeURIComponent).join('/')}`;
}

/** The key without its trailing optional values that are at their default, as snapd asks for it. asserts/asserts.go, ReducePrimaryKey */
export function reducedKey(type: AssertionType, primaryKey: readonly string[]): readonly string[] {
  let end = primaryKey.length;
  while (end > 0) {
    const name = type.primaryKey[end - 1];
    if (name === undefined || type.optionalKeyDefaults[name] !== primaryKey[end - 1]) break;
    end -= 1;
  }
  return primaryKey.slice(0, end);
}

/**
 * Reads a type and a key as a device names them.
 *
 * @param key - in the primary key's order; trailing optional values may be left out
 * @returns the type and the full key, or the sequence key where `sequence` says that the number comes apart
 * @throws StoreError `not-found` on a type that is not known, `invalid-request` on a key of the wrong length
 * @see snapcore/snapd: asserts/asserts.go, PrimaryKeyFromHeaders and ReducePrimaryKey
 */
export function readAssertionKey(
  typeName: string,
  key: readonly string[],
): { type: AssertionType; key: string[]; isSequenceKey: boolean } {
  const type = assertionType(typeName);
  if (!type) throw new StoreError('not-found', `cannot find assertion type ${JSON.stringify(typeName)}`);
  if (type.sequenceForming && key.length === type.primaryKey.length - 1)
    return { type, key: [...key], isSequenceKey: true };
  const full = [...key];
  for (const name of type.primaryKey.slice(key.length)) {
    const value = type.optionalKeyDefaults[name];
    if (value !== undefined) full.push(value);
  }
  if (full.length !== type.primaryKey.length) {
    throw new StoreError(
      'invalid-request',
      `cannot find ${typeName}: its primary key is ${type.primaryKey.join('/')}`,
    );
  }
  return { type, key: full, isSequenceKey: false };
}
