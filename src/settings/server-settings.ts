import { isIP } from 'node:net';
import { StoreError } from '../common/errors.js';
import { booleanSetting } from './boolean-setting.js';
import type { Setting } from './setting.js';

const MAX_PORT = 65_535;
/** RFC 1035, section 2.3.4. */
const MAX_DOMAIN_LENGTH = 253;
const HOST_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/i;

function invalid(key: string, text: string, why: string): StoreError {
  return new StoreError('invalid-setting', `cannot set ${key} to ${JSON.stringify(text)}: ${why}`);
}

function unbracketed(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
}

export const DOMAIN: Setting<string> = {
  key: 'proxy.domain',
  scope: 'shared',
  description: 'host name or IP address that devices use',
  defaultText: 'localhost',
  parse(text) {
    if (isIP(unbracketed(text)) !== 0 || (text.length <= MAX_DOMAIN_LENGTH && HOST_NAME.test(text)))
      return text;
    throw invalid(DOMAIN.key, text, 'give a host name or an IP address, without scheme, port or path');
  },
};

export const LISTEN_ADDRESS: Setting<string> = {
  key: 'proxy.ipaddress',
  scope: 'unit',
  description: 'address that the server listens on',
  defaultText: '[::]',
  needsRestart: true,
  parse(text) {
    const address = unbracketed(text);
    if (isIP(address) !== 0) return address;
    throw invalid(LISTEN_ADDRESS.key, text, 'give an IP address, such as 127.0.0.1 or [::]');
  },
};

export const HTTP_PORT: Setting<number> = {
  key: 'proxy.port.http',
  scope: 'unit',
  description: 'port that the server listens on for HTTP',
  defaultText: '80',
  needsRestart: true,
  parse(text) {
    const port = Number(text);
    if (/^[1-9]\d*$/.test(text) && port <= MAX_PORT) return port;
    throw invalid(HTTP_PORT.key, text, `give a port from 1 to ${MAX_PORT}`);
  },
};

/** Whether the scheme that devices used is what a proxy in front of this server says. */
export const TRUST_FORWARDED_PROTO = booleanSetting({
  key: 'proxy.trust-forwarded-proto',
  description:
    'whether X-Forwarded-Proto is believed: true only where every request comes through a proxy that sets it',
  defaultText: 'false',
});
