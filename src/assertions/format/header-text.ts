import type { Assertion } from './assertion.js';

/** A header's text; empty where there is none, or no assertion. */
export function headerText(assertion: Assertion | undefined, name: string): string {
  const value = assertion?.headers[name];
  return typeof value === 'string' ? value : '';
}
