import { StoreError } from '../../common/errors.js';
import type { Assertion } from '../format/assertion.js';
import { referenceOf } from './reference.js';

/** The refusal to believe one assertion. */
export function refusal(
  assertion: Assertion,
  why: string,
  code: 'invalid-assertion' | 'conflict' | 'unsupported' = 'invalid-assertion',
): StoreError {
  return new StoreError(code, `cannot verify ${referenceOf(assertion)}: ${why}`);
}

/** A header's text, empty where it has none. */
export function headerText({ headers }: Assertion, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
