import { StoreError } from '../../common/errors.js';
import type { Assertion } from '../format/assertion.js';
import { referenceOf } from './reference.js';

/** The refusal to believe one assertion. */
export function refusal(
  assertion: Assertion,
  why: string,
  code: 'invalid-assertion' | 'conflict' = 'invalid-assertion',
): StoreError {
  return new StoreError(code, `cannot verify ${referenceOf(assertion)}: ${why}`);
}
