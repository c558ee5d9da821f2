import type { Setting } from '../settings/setting.js';
import { parseServiceUrl, shownUrl } from './service-url.js';

/** The store that snaps are fetched from. */
export const UPSTREAM: Setting<URL> = {
  key: 'proxy.upstream',
  scope: 'shared',
  description: 'URL of the store that snaps are fetched from',
  defaultText: 'https://api.snapcraft.io',
  parse: (text) =>
    parseServiceUrl(UPSTREAM.key, text, { credentials: 'allowed', example: 'https://api.snapcraft.io' }),
};

/** The proxy, for networks that require one. Plain http is never sent through it. */
export const HTTPS_PROXY: Setting<URL | undefined> = {
  key: 'proxy.https.proxy',
  scope: 'shared',
  description: 'URL of the proxy for outgoing https connections; if empty, the variable https_proxy is used',
  parse: (text) =>
    text === ''
      ? undefined
      : parseServiceUrl(HTTPS_PROXY.key, text, {
          credentials: 'allowed',
          example: 'http://proxy.example:3128',
        }),
  hasSecret: (text) => text !== shownUrl(text),
  show: shownUrl,
};
