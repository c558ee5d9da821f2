import type { Assertion } from '../format/assertion.js';

/** Names an assertion in messages and maps: type and primary key. */
export function referenceOf({ type, primaryKey }: Pick<Assertion, 'type' | 'primaryKey'>): string {
  return [type.name, ...primaryKey].join('/');
}
