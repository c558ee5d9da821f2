import { isIP } from 'node:net';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';
import { parseServiceUrl } from './service-url.js';

const EXAMPLE = 'https://login.example/realms/site';

/** Longest client id, secret and list of scopes, in characters. */
export const MAX_OIDC_TEXT_LENGTH = 1_024;

/** RFC 6749, section 3.3 */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether a host is this machine itself: nobody on a network reads what is sent there. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  );
}

function invalid(key: string, why: string): StoreError {
  return new StoreError('invalid-setting', `cannot set ${key}: ${why}`);
}

/** The identity provider of the site. In air-gapped mode it is the only server that the store connects to. */
export const OIDC_ISSUER: Setting<URL | undefined> = {
  key: 'proxy.oidc.issuer',
  scope: 'shared',
  description: 'issuer URL of the OpenID Connect identity provider at which operators sign in (empty: none)',
  parse(text) {
    if (text === '') return undefined;
    const url = parseServiceUrl(OIDC_ISSUER.key, text, { credentials: 'refused', example: EXAMPLE });
    if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return url;
    throw invalid(OIDC_ISSUER.key, `give a URL with https, such as ${EXAMPLE}`);
  },
};

function textSetting(key: string, description: string, more: Partial<Setting<string>> = {}): Setting<string> {
  return {
    key,
    scope: 'shared',
    description,
    ...more,
    parse(text) {
      if (text.length > MAX_OIDC_TEXT_LENGTH)
        throw invalid(key, `it is longer than ${MAX_OIDC_TEXT_LENGTH} characters`);
      return text;
    },
  };
}

export const OIDC_CLIENT_ID = textSetting(
  'proxy.oidc.client-id',
  'the name under which the identity provider knows this store',
);

export const OIDC_CLIENT_SECRET = textSetting(
  'proxy.oidc.client-secret',
  'the secret of this store at the identity provider (empty: it has none, and PKCE alone protects the sign-in)',
  { secret: true },
);

/** What the store asks the identity provider for. */
export const OIDC_SCOPES: Setting<string> = {
  key: 'proxy.oidc.scopes',
  scope: 'shared',
  description: 'scopes that are asked for, separated by spaces; openid must be one of them',
  defaultText: 'openid profile email',
  parse(text) {
    const scopes = text.split(' ');
    if (
      text.length <= MAX_OIDC_TEXT_LENGTH &&
      scopes.includes('openid') &&
      scopes.every((scope) => SCOPE.test(scope))
    )
      return text;
    throw invalid(
      OIDC_SCOPES.key,
      `give up to ${MAX_OIDC_TEXT_LENGTH} characters of scopes with one space between them, openid among them`,
    );
  },
};

/** For the service that defines them. */
export const ISSUER_SETTINGS = [OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_SCOPES] as const;
