import { describe, expect, it } from 'vitest';
import { AddressRanges, canonicalAddress } from './address-ranges.js';
import { clientAddress, noteClientAddress, peerAddress } from './client-address.js';

function proxiesOf(text: string): AddressRanges {
  const proxies = AddressRanges.parse(text);
  if (proxies instanceof AddressRanges) return proxies;
  throw new Error(`${proxies.wrong} is wrong`);
}

type Noted = Parameters<typeof noteClientAddress>[0];

/** The part of a request that tells its sender. */
function requestFrom(remoteAddress: string | undefined, forwarded?: string): Noted {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers } as Noted;
}

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['localhost', undefined],
  ['192.0.2.300', undefined],
  ['', undefined],
])('%s is %s', (text, address) => expect(canonicalAddress(text)).toBe(address));

it('is empty if the connection has closed', () => {
  expect(peerAddress({ remoteAddress: undefined })).toBe('');
  expect(clientAddress(requestFrom(undefined))).toBe('');
});

const PROXIES = proxiesOf('127.0.0.1, ::1 10.0.0.0/8,2001:db8:1::/48');

describe('X-Forwarded-For', () => {
  it.each([
    ['of an untrusted client', '192.0.2.9', '203.0.113.1', '192.0.2.9'],
    ['that is missing', '10.1.1.1', undefined, '10.1.1.1'],
    ['of a proxy', '10.1.1.1', '203.0.113.1', '203.0.113.1'],
    ['of a proxy whose address is mapped to IPv6', '::ffff:10.1.1.1', '203.0.113.1', '203.0.113.1'],
    ['of a proxy with IPv6', '2001:db8:1::5', '2001:DB8:2:0::1', '2001:db8:2::1'],
    ['to which the client added entries', '10.1.1.1', '1.1.1.1, 203.0.113.1', '203.0.113.1'],
    ['of two proxies', '10.1.1.1', '1.1.1.1, 203.0.113.1, 10.2.2.2', '203.0.113.1'],
    ['of proxies only', '10.1.1.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['with a port', '10.1.1.1', '203.0.113.1:4711', '203.0.113.1'],
    ['with a port and IPv6', '10.1.1.1', '[2001:db8:2::1]:4711', '2001:db8:2::1'],
    ['with an invalid address', '10.1.1.1', 'unknown', '10.1.1.1'],
    ['with an invalid address before it', '10.1.1.1', '203.0.113.1, _hidden, 10.2.2.2', '10.2.2.2'],
    ['that is empty', '10.1.1.1', '', '10.1.1.1'],
  ])('%s', (_, peer, forwarded, address) => {
    const request = requestFrom(peer, forwarded);
    expect(noteClientAddress(request, PROXIES)).toBe(address);
    expect(clientAddress(request)).toBe(address);
    expect(clientAddress({ raw: request })).toBe(address);
  });

  it('is ignored if no proxy is trusted', () => {
    expect(noteClientAddress(requestFrom('127.0.0.1', '203.0.113.1'), AddressRanges.none)).toBe('127.0.0.1');
  });
});

it.each(['10.0.0.0/33', '0.0.0.0/0', '::/0', 'proxy.lan', '10.0.0.1/', '::1/129', '10.0.0.0/8/8'])(
  '%s is not a valid range of proxies',
  (text) => expect(AddressRanges.parse(`127.0.0.1 ${text}`)).toEqual({ wrong: text }),
);
