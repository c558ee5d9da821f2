import type { Assertion } from '../assertion.js';
import { HeaderError, readNonEmptyText, readOptionalText, readTexts, readTime } from '../header-checks.js';
import { quote } from '../quote.js';

/** Scheme, host, path, and then an empty query and an empty fragment. */
const STORE_URL = /^https?:\/\/[^\s/?#]+(?:\/[^?#]*)?\??#?$/i;
const BAD_PERCENT = /%(?![0-9a-f]{2})/i;

/** @see snapcore/snapd: asserts/store_asserts.go, assembleStore and checkStoreURL */
export function checkStore({ headers }: Assertion): void {
  readNonEmptyText(headers, 'operator-id');
  const url = readOptionalText(headers, 'url');
  if (url !== '' && !(STORE_URL.test(url) && !BAD_PERCENT.test(url) && URL.canParse(url)))
    throw new HeaderError(
      `header "url" must be an http or https URL with a host, and without query and fragment: ${quote(url)}`,
    );
  readTexts(headers, 'friendly-stores');
  readOptionalText(headers, 'location');
  readTime(headers, 'timestamp');
}
