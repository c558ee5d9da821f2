import { StoreError } from '../common/errors.js';
import type { AssertionType } from './format/assertion-type.js';
import { assertionType } from './format/registry.js';

/** The path of one assertion, after `/v2/assertions`. Each value is encoded once. */
export function assertionPath(type: AssertionType, primaryKey: readonly string[]): string {
  return `/v2/assertions/${[type.name, ...reducedKey(type, primaryKey)].map(encodeURIComponent).join('/')}`;
}

/** The key without its trailing optional values that have their default, as snapd requests it. */
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
 * Parses a type and a key from a device's request.
 *
 * @param key - in the primary key's order; trailing optional values may be left out
 * @returns the type and the full key, or the sequence key if `sequence` says that the number comes separately
 * @throws StoreError `not-found` on an unknown type, `invalid-request` on a key of the wrong length
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
