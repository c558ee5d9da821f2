import { createHash, randomBytes } from 'node:crypto';
import type { Role, Scope } from '../common/domain/role.js';
import { StoreError } from '../common/errors.js';

/** Most tokens of a store. */
export const MAX_TOKENS = 1_000;

/** Longest name of a token, in characters. */
export const MAX_TOKEN_NAME_LENGTH = 64;

const NAME = /^[a-z0-9][-a-z0-9._]*$/;

/** Before every token, so that people and scanners of secrets know one. */
export const TOKEN_PREFIX = 'ssp_';
const TOKEN_BYTES = 32;
const TOKEN = /^ssp_[A-Za-z0-9_-]{43}$/;

/** A key of a machine. Its text is shown once, and only a hash of it is kept. */
export interface Token {
  readonly name: string;
  readonly role: Role;
  /** Empty: everything that the role may do. */
  readonly scopes: readonly Scope[];
  /** Whose it is: it may do no more than this operator. `null` for one that was made on the machine. */
  readonly operator: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** @throws StoreError `invalid-request` on a word that no token is called */
export function parseTokenName(word: string): string {
  if (word.length <= MAX_TOKEN_NAME_LENGTH && NAME.test(word)) return word;
  throw new StoreError(
    'invalid-request',
    `cannot use token name ${JSON.stringify(word.slice(0, 80))}: give up to ${MAX_TOKEN_NAME_LENGTH} lower-case letters, digits and -._, a letter or digit first`,
    { field: 'name' },
  );
}

/** Makes a token of 256 random bits. */
export function makeToken(): string {
  return `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** Whether a text has the form of a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What is kept of a token or a session: guessing 256 random bits needs no slow hash. */
export function secretDigest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
