import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';

/** Longest URL of a service, in characters. */
export const MAX_SERVICE_URL_LENGTH = 2_048;

const SCHEME = /^https?:$/;

function parseServiceUrl(key: string, text: string): URL {
  const invalid = (why: string): StoreError =>
    new StoreError(
      'invalid-setting',
      `cannot set ${key} to ${JSON.stringify(text.slice(0, 100))}: ${why}, such as https://dashboard.example`,
    );
  if (text.length > MAX_SERVICE_URL_LENGTH)
    throw invalid(`it is longer than ${MAX_SERVICE_URL_LENGTH} characters; give a URL`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !SCHEME.test(url.protocol) || /\s/.test(text)) throw invalid('give a URL with http or https');
  if (url.username !== '' || url.password !== '') throw invalid('give a URL without user and password');
  if (url.search !== '' || url.hash !== '') throw invalid('give a URL without query and fragment');
  return url;
}

function serviceUrlSetting(key: string, description: string, defaultText: string): Setting<URL> {
  return { key, scope: 'shared', description, defaultText, parse: (text) => parseServiceUrl(key, text) };
}

/** The dashboard that registers the store. */
export const DASHBOARD_LOCATION = serviceUrlSetting(
  'proxy.dashboard.location',
  'URL of the dashboard that registers stores',
  'https://dashboard.snapcraft.io',
);

/** The single sign-on of its operator. */
export const SSO_LOCATION = serviceUrlSetting(
  'proxy.sso.location',
  'URL of the single sign-on that the dashboard trusts',
  'https://login.ubuntu.com',
);

/** The URL of a call below a service's URL, with or without a final slash. */
export function below(service: URL, path: string): URL {
  return new URL(`${service.href.replace(/\/+$/, '')}/${path}`);
}
