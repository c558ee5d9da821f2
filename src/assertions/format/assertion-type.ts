import type { Assertion, AssertionRef } from './assertion.js';

/** What snapd's `asserts/asserts.go` says of a type: its key, its formats, who may sign it, what it must hold. */
export interface AssertionType {
  readonly name: string;
  /** Names of the primary-key headers, in order. */
  readonly primaryKey: readonly string[];
  /** Trailing primary-key headers that may be left out, with the value that then holds. */
  readonly optionalKeyDefaults: Readonly<Record<string, string>>;
  /** The highest format whose features are known here. */
  readonly maxFormat: number;
  /** `true` for the types that carry no authority-id and are signed by a key of their own. */
  readonly noAuthority: boolean;
  /** `true` when the last primary-key header is a sequence number, from 1. */
  readonly sequenceForming: boolean;
  /**
   * Checks the type's own headers and body.
   *
   * @throws StoreError `invalid-assertion` naming the header that is wrong
   */
  readonly check: (assertion: Assertion) => void;
  /** What must be known before this one can be believed, besides the signing key. */
  readonly prerequisites: (assertion: Assertion) => readonly AssertionRef[];
}
