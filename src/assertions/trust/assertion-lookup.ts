import type { Assertion } from '../format/assertion.js';
import { headerText } from '../format/header-text.js';
import { referenceKey, referenceOf } from './reference.js';

/** Verified assertions: a store's, or none. */
export interface AssertionLookup {
  /** The newest revision of a key. */
  find(type: string, primaryKey: readonly string[]): Promise<Assertion | undefined>;
  findAccountKeysNamed(accountId: string, name: string): Promise<readonly Assertion[]>;
}

/** Nothing was verified before: a chain must stand alone. */
export const NOTHING_STORED: AssertionLookup = {
  find: () => Promise.resolve(undefined),
  findAccountKeysNamed: () => Promise.resolve([]),
};

/** Whether an assertion is the account-key of this name. */
export function isKeyNamed(assertion: Assertion, accountId: string, name: string): boolean {
  return (
    assertion.type.name === 'account-key' &&
    headerText(assertion, 'account-id') === accountId &&
    headerText(assertion, 'name') === name
  );
}

/** Assertions over others: one of them hides one below with the same reference. */
export class OverlayLookup implements AssertionLookup {
  /** @param over - by reference */
  constructor(
    private readonly over: ReadonlyMap<string, Assertion>,
    private readonly below: AssertionLookup,
  ) {}

  async find(type: string, primaryKey: readonly string[]): Promise<Assertion | undefined> {
    return this.over.get(referenceKey({ type, primaryKey })) ?? (await this.below.find(type, primaryKey));
  }

  async findAccountKeysNamed(accountId: string, name: string): Promise<readonly Assertion[]> {
    const over = [...this.over.values()].filter((assertion) => isKeyNamed(assertion, accountId, name));
    const below = await this.below.findAccountKeysNamed(accountId, name);
    return [...over, ...below.filter((assertion) => !this.over.has(referenceOf(assertion)))];
  }
}
