import type { AssertionType } from './assertion-type.js';

/** A header's value. The only scalar is a string; lists and maps can be nested. */
export type HeaderValue = string | readonly HeaderValue[] | HeaderMap;

/** Headers, or a map inside them. It has no prototype, so that a lookup finds only what was signed. */
export interface HeaderMap {
  readonly [name: string]: HeaderValue;
}

/** The identity of an assertion: its type and its full primary key (optional values included). */
export interface AssertionRef {
  readonly type: string;
  readonly primaryKey: readonly string[];
}

/**
 * One decoded assertion. It is well formed and passes its type's own checks; `../trust` decides whether it can
 * be trusted.
 */
export interface Assertion {
  readonly type: AssertionType;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** The bytes that the signature covers: headers, or headers, empty line and body. */
  readonly content: Buffer;
  /** The signature as written: base64, including line breaks and the final line end. */
  readonly signature: Buffer;
  /** The whole assertion as received: content, empty line, signature. It is served unchanged. */
  readonly bytes: Buffer;
  /** The account that signs it; undefined for types without an authority. */
  readonly authorityId: string | undefined;
  /** The primary key's values in order, with defaults for missing optional ones. */
  readonly primaryKey: readonly string[];
  /** The assertion's own revision, starting at 0 (unrelated to a snap's revision). */
  readonly assertionRevision: number;
  readonly format: number;
  /** Id of the signing key: unpadded base64url SHA3-384. */
  readonly signKeyId: string;
}
