import { parseServiceUrl, type ServiceUrlRules } from '../outgoing/service-url.js';
import type { Setting } from '../settings/setting.js';

const RULES: ServiceUrlRules = { credentials: 'refused', example: 'https://dashboard.example' };

function serviceUrlSetting(key: string, description: string, defaultText: string): Setting<URL> {
  return {
    key,
    scope: 'shared',
    description,
    defaultText,
    parse: (text) => parseServiceUrl(key, text, RULES),
  };
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
