import type { Assertion } from '../format/assertion.js';

/** Assertions that were verified before: a store's, or none. */
export interface AssertionLookup {
  /** The newest revision of a key. */
  find(type: string, primaryKey: readonly string[]): Promise<Assertion | undefined>;
  findAccountKeysNamed(accountId: string, name: string): Promise<readonly Assertion[]>;
}
