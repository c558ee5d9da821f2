import type { Assertion, AssertionRef } from '../format/assertion.js';

/** Type and primary key as one string, for messages and maps. No value of a key contains a slash. */
export function referenceKey({ type, primaryKey }: AssertionRef): string {
  return [type, ...primaryKey].join('/');
}

export function referenceOf({ type, primaryKey }: Pick<Assertion, 'type' | 'primaryKey'>): string {
  return referenceKey({ type: type.name, primaryKey });
}
