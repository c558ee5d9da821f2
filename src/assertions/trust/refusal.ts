import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { referenceOf } from './reference.js';

/** The refusal to believe one assertion. */
export function refusal(
  assertion: Assertion,
  why: string,
  code: 'invalid-assertion' | 'conflict' = 'invalid-assertion',
  cause?: unknown,
): StoreError {
  return new StoreError(code, `cannot verify ${referenceOf(assertion)}: ${why}`, { cause });
}

/** The refusal of an assertion that needs others, which are not there: another file may have them. */
export class MissingPrerequisite extends StoreError {}

/** Whether an error, or what caused it, is that something is missing that another file may have. */
export function isMissingPrerequisite(error: unknown): boolean {
  if (error instanceof MissingPrerequisite) return true;
  return error instanceof Error && error.cause !== undefined && isMissingPrerequisite(error.cause);
}

/** The refusal of an assertion without what it needs. */
export function missingRefusal(assertion: Assertion, missing: readonly AssertionRef[]): MissingPrerequisite {
  const names = missing.map(({ type, primaryKey }) => `${type} ${primaryKey.join('/')}`).join(', ');
  return new MissingPrerequisite(
    'invalid-assertion',
    `cannot verify ${referenceOf(assertion)}: missing ${names}`,
  );
}
