import type { Assertion } from '../assertion.js';
import { HeaderError, readNonEmptyText, readOptionalText, readTexts, readTime } from '../header-checks.js';
import { quote } from '../quote.js';

/** Scheme, host, path, and then a query and a fragment, of which only the marks may be there. */
const STORE_URL = /^https?:\/\/[^\s/?#]+(?:\/[^?#]*)?\??#?$/i;
const BAD_PERCENT = /%(?![0-9a-f]{2})/i;

/** @see snapcore/snapd: asserts/store_asserts.go, assembleStore and checkStoreURL */
export function checkStore({ headers }: Assertion): void {
  readNonEmptyText(headers, 'operator-id');
  const url = readOptionalText(headers, 'url');
  if (url !== '' && !(STORE_URL.test(url) && !BAD_PERCENT.test(url) && URL.canParse(url)))
    throw new HeaderError(
      `header "url" is not a URL with http or https, a host, and neither query nor fragment: ${quote(url)}`,
    );
  readTexts(headers, 'friendly-stores');
  readOptionalText(headers, 'location');
  readTime(headers, 'timestamp');
}
