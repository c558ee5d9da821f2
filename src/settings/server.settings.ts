import { isIP } from 'node:net';
import { StoreError } from '../common/errors.js';
import { AddressRanges } from '../common/http/address-ranges.js';
import { booleanSetting } from './boolean-setting.js';
import type { Setting } from './setting.js';

const MAX_PORT = 65_535;
/** RFC 1035, section 2.3.4. */
const MAX_DOMAIN_LENGTH = 253;
const HOST_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/i;

function invalid(key: string, text: string, why: string): StoreError {
  return new StoreError('invalid-setting', `cannot set ${key} to ${JSON.stringify(text)}: ${why}`);
}

/** Removes the brackets that an IPv6 address has in URLs; any other host is unchanged. */
export function unbracketed(text: string): string {
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
  parse: (text) => parseAddress(LISTEN_ADDRESS.key, text),
};

function parseAddress(key: string, text: string): string {
  const address = unbracketed(text);
  if (isIP(address) !== 0) return address;
  throw invalid(key, text, 'give an IP address, such as 127.0.0.1 or [::]');
}

function parsePort(key: string, text: string): number {
  const port = Number(text);
  if (/^[1-9]\d*$/.test(text) && port <= MAX_PORT) return port;
  throw invalid(key, text, `give a port from 1 to ${MAX_PORT}`);
}

function portSetting(key: string, description: string, defaultText: string): Setting<number> {
  return {
    key,
    scope: 'unit',
    description,
    defaultText,
    needsRestart: true,
    parse: (text) => parsePort(key, text),
  };
}

export const HTTP_PORT = portSetting('proxy.port.http', 'port that the server listens on for HTTP', '80');

export const HTTPS_PORT = portSetting(
  'proxy.port.https',
  'port that the server listens on for HTTPS, if there is a certificate',
  '443',
);

/** Without a port, management shares the listener of devices. */
export const MANAGEMENT_PORT: Setting<number | undefined> = {
  key: 'proxy.management.port',
  scope: 'unit',
  description:
    'port on which management alone is served: the API, its page and metrics (empty: on the ports of devices)',
  defaultText: '',
  needsRestart: true,
  parse: (text) => (text === '' ? undefined : parsePort(MANAGEMENT_PORT.key, text)),
};

export const MANAGEMENT_ADDRESS: Setting<string | undefined> = {
  key: 'proxy.management.address',
  scope: 'unit',
  description: `address that management listens on, if it has its own port (empty: that of ${LISTEN_ADDRESS.key})`,
  defaultText: '',
  needsRestart: true,
  parse: (text) => (text === '' ? undefined : parseAddress(MANAGEMENT_ADDRESS.key, text)),
};

/** Whether the server trusts the scheme that a proxy in front of it reports. */
export const TRUST_FORWARDED_PROTO = booleanSetting({
  key: 'proxy.trust-forwarded-proto',
  description:
    'whether to trust X-Forwarded-Proto from every client while proxy.trusted-proxies is empty; set true only if every request comes through a proxy that sets it',
  defaultText: 'false',
});

/** The proxies that may report the address of the client. */
export const TRUSTED_PROXIES: Setting<AddressRanges> = {
  key: 'proxy.trusted-proxies',
  scope: 'shared',
  description:
    'addresses and ranges of proxies in front of this server, whose X-Forwarded- and Forwarded headers are trusted (empty: none)',
  defaultText: '',
  parse: (text) => parseRanges(TRUSTED_PROXIES.key, text),
};

/** @throws StoreError `invalid-setting` naming the first that is neither an address nor a range */
export function parseRanges(key: string, text: string): AddressRanges {
  const ranges = AddressRanges.parse(text);
  if (ranges instanceof AddressRanges) return ranges;
  throw invalid(key, text, `${JSON.stringify(ranges.wrong)} is not an address or a range such as 10.0.0.0/8`);
}
