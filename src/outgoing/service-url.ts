import { StoreError } from '../common/errors.js';

/** Longest URL of a service, in characters. */
export const MAX_SERVICE_URL_LENGTH = 2_048;

const SCHEME = /^https?:$/;

/** The rules in which the URLs of services differ. */
export interface ServiceUrlRules {
  /** Whether the URL may contain a user and a password. */
  readonly credentials: 'allowed' | 'refused';
  /** A URL for the message of a refusal. */
  readonly example: string;
}

/** Hides the password of a URL, for listings and messages. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = 'redacted';
  return url.href.replace(':redacted@', ':<redacted>@');
}

/**
 * Parses the URL of a service that this store connects to: absolute, http or https, without query and fragment.
 *
 * @param key - the setting, for messages
 * @throws StoreError `invalid-setting` that names the broken rule
 */
export function parseServiceUrl(key: string, text: string, { credentials, example }: ServiceUrlRules): URL {
  const invalid = (why: string): StoreError =>
    new StoreError(
      'invalid-setting',
      `cannot set ${key} to ${JSON.stringify(shownUrl(text).slice(0, 100))}: ${why}, such as ${example}`,
    );
  if (text.length > MAX_SERVICE_URL_LENGTH)
    throw invalid(`it is longer than ${MAX_SERVICE_URL_LENGTH} characters; give a URL`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !SCHEME.test(url.protocol) || /\s/.test(text)) throw invalid('give a URL with http or https');
  if (credentials === 'refused' && (url.username !== '' || url.password !== ''))
    throw invalid('give a URL without user and password');
  if (url.search !== '' || url.hash !== '') throw invalid('give a URL without query and fragment');
  return url;
}
