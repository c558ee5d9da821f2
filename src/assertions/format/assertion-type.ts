import type { Assertion, AssertionRef } from './assertion.js';

/**
 * The definition of a type in snapd's `asserts/asserts.go`: its key, its formats, who may sign it, and its
 * required content.
 */
export interface AssertionType {
  readonly name: string;
  /** Names of the primary-key headers, in order. */
  readonly primaryKey: readonly string[];
  /** Trailing primary-key headers that may be left out, with their defaults. */
  readonly optionalKeyDefaults: Readonly<Record<string, string>>;
  /** The highest supported format. */
  readonly maxFormat: number;
  /** `true` for types that have no authority-id and are signed with a key of their own. */
  readonly noAuthority: boolean;
  /** `true` if the last primary-key header is a sequence number, starting at 1. */
  readonly sequenceForming: boolean;
  /**
   * Checks the type's own headers and body.
   *
   * @throws StoreError `invalid-assertion` naming the invalid header
   */
  readonly check: (assertion: Assertion) => void;
  /** The assertions that must be verified before this one, in addition to the signing key. */
  readonly prerequisites: (assertion: Assertion) => readonly AssertionRef[];
}
