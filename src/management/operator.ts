import type { Role } from '../common/domain/role.js';
import { StoreError } from '../common/errors.js';

/** The operator whose password is the management password. It is always there, with every right. */
export const FIRST_OPERATOR = 'admin';

/** Most operators of a store. */
export const MAX_OPERATORS = 1_000;

/** Longest name of an operator, in characters: an e-mail address may be one. */
export const MAX_OPERATOR_NAME_LENGTH = 254;

const NAME = /^[a-z0-9][-a-z0-9._+@]*$/;

/** Somebody who may manage the store over the network. */
export interface Operator {
  readonly name: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly hasPassword: boolean;
  /** Whether a one-time code is asked for after the password. */
  readonly hasSecondFactor: boolean;
  readonly createdAt: Date;
  /** Who vouches for the operator, in place of a password; `null` for an operator of this store alone. */
  readonly issuer: string | null;
  /** As the issuer calls the operator. */
  readonly subject: string | null;
}

/** @throws StoreError `invalid-request` on a word that no operator is called */
export function parseOperatorName(word: string): string {
  if (isOperatorName(word)) return word;
  throw new StoreError(
    'invalid-request',
    `cannot use operator name ${JSON.stringify(word.slice(0, 80))}: give up to ${MAX_OPERATOR_NAME_LENGTH} lower-case letters, digits and -._+@, a letter or digit first`,
    { field: 'name' },
  );
}

export function isOperatorName(word: string): boolean {
  return word.length <= MAX_OPERATOR_NAME_LENGTH && NAME.test(word);
}

/** @throws StoreError `invalid-request` on anything but an e-mail address */
export function parseOperatorEmail(word: string): string {
  const email = word.toLowerCase();
  if (isOperatorName(email) && /^[^@]+@[^@]+$/.test(email)) return email;
  throw new StoreError(
    'invalid-request',
    `cannot use e-mail address ${JSON.stringify(word.slice(0, 80))}: give one such as jo@example.com`,
  );
}
