import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { referenceOf } from './reference.js';

/** The error that one assertion cannot be verified. */
export function refusal(
  assertion: Assertion,
  why: string,
  code: 'invalid-assertion' | 'conflict' = 'invalid-assertion',
  cause?: unknown,
): StoreError {
  return new StoreError(code, `cannot verify ${referenceOf(assertion)}: ${why}`, { cause });
}

/** The error that prerequisites are missing. Another file may contain them. */
export class MissingPrerequisite extends StoreError {}

/** Whether an error, or its cause, is a missing prerequisite that another file may contain. */
export function isMissingPrerequisite(error: unknown): boolean {
  if (error instanceof MissingPrerequisite) return true;
  return error instanceof Error && error.cause !== undefined && isMissingPrerequisite(error.cause);
}

/** The error for an assertion with missing prerequisites. */
export function missingRefusal(assertion: Assertion, missing: readonly AssertionRef[]): MissingPrerequisite {
  const names = missing.map(({ type, primaryKey }) => `${type} ${primaryKey.join('/')}`).join(', ');
  return new MissingPrerequisite(
    'invalid-assertion',
    `cannot verify ${referenceOf(assertion)}: missing ${names}`,
  );
}
