import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';

/** Parses an absolute http or https URL without query and fragment. */
export function parseServiceUrl(key: string, text: string): URL {
  const refuse = (why: string) =>
    new StoreError('invalid-setting', `cannot set ${key} to ${JSON.stringify(text.slice(0, 200))}: ${why}`);
  if (!URL.canParse(text)) throw refuse('give a URL, such as https://api.snapcraft.io');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('its scheme must be https or http');
  if (url.search !== '' || url.hash !== '') throw refuse('it must not have a query or a fragment');
  return url;
}

/** Hides the password of a URL, for listings and messages. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = 'redacted';
  return url.href.replace(':redacted@', ':<redacted>@');
}

/** The store that snaps are fetched from. */
export const UPSTREAM: Setting<URL> = {
  key: 'proxy.upstream',
  scope: 'shared',
  description: 'URL of the store that snaps are fetched from',
  defaultText: 'https://api.snapcraft.io',
  parse: (text) => parseServiceUrl(UPSTREAM.key, text),
};

/** The proxy, for networks that require one. Plain http is never sent through it. */
export const HTTPS_PROXY: Setting<URL | undefined> = {
  key: 'proxy.https.proxy',
  scope: 'shared',
  description: 'URL of the proxy for outgoing https connections; if empty, the variable https_proxy is used',
  parse: (text) => (text === '' ? undefined : parseServiceUrl(HTTPS_PROXY.key, text)),
  hasSecret: (text) => text !== shownUrl(text),
  show: shownUrl,
};
