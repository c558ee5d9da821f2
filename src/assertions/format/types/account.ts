import type { Assertion } from '../assertion.js';
import { readNonEmptyText, readOptionalText, readTime } from '../header-checks.js';

/** @see snapcore/snapd: asserts/account.go, assembleAccount */
export function checkAccount({ headers }: Assertion): void {
  readNonEmptyText(headers, 'display-name');
  readNonEmptyText(headers, 'validation');
  readTime(headers, 'timestamp');
  readOptionalText(headers, 'username');
}
