import type { AssertionType } from './assertion-type.js';

/** A header's value: the only scalar is text; lists and maps nest. */
export type HeaderValue = string | readonly HeaderValue[] | HeaderMap;

/** Headers, or a map inside them. Made without a prototype, so that a lookup finds only what was signed. */
export interface HeaderMap {
  readonly [name: string]: HeaderValue;
}

/** What names one assertion: its type and its full primary key (optional keys filled in). */
export interface AssertionRef {
  readonly type: string;
  readonly primaryKey: readonly string[];
}

/**
 * One decoded assertion. It is well formed and passes its type's own checks;
 * whether anybody should believe it is decided in `../trust`.
 */
export interface Assertion {
  readonly type: AssertionType;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** The bytes that the signature covers: headers, or headers, empty line and body. */
  readonly content: Buffer;
  /** The signature as written: base64 text, line breaks and final newline included. */
  readonly signature: Buffer;
  /** The whole assertion as received: content, empty line, signature. Served unchanged. */
  readonly bytes: Buffer;
  /** The account that vouches; undefined for the types that have no authority. */
  readonly authorityId: string | undefined;
  /** The primary key's values in order, optional ones filled in with their default. */
  readonly primaryKey: readonly string[];
  /** The assertion's own counter, from 0 (a snap's revision is something else). */
  readonly assertionRevision: number;
  readonly format: number;
  /** Id of the signing key: unpadded base64url SHA3-384. */
  readonly signKeyId: string;
}
