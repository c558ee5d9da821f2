import type { Assertion } from './assertion.js';

/** A header's string; empty if the header or the assertion is missing. */
export function headerText(assertion: Assertion | undefined, name: string): string {
  const value = assertion?.headers[name];
  return typeof value === 'string' ? value : '';
}
