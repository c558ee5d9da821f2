import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';

/** A header's string; empty if the header or the assertion is missing. */
export function headerText(assertion: Assertion | undefined, name: string): string {
  const value = assertion?.headers[name];
  return typeof value === 'string' ? value : '';
}

/** A header that the assertion's type requires. @throws StoreError `invalid-assertion` if it is missing */
export function requiredHeader(assertion: Assertion, name: string): string {
  const value = assertion.headers[name];
  if (typeof value === 'string') return value;
  throw new StoreError('invalid-assertion', `${assertion.type.name} has no header ${name}`);
}
