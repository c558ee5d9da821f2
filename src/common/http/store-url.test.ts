import { expect, it } from 'vitest';
import { losesPath, namesHostOf, plainStoreUrl, readSignedUrl, storeAddress, storeUrl } from './store-url.js';

it.each([
  ['http', 'store.example', 80, 'http://store.example'],
  ['http', 'Store.Example', 8080, 'http://store.example:8080'],
  ['http', 'store.example', 443, 'http://store.example:443'],
  ['https', 'store.example', 443, 'https://store.example'],
  ['https', 'store.example', 80, 'https://store.example:80'],
  ['https', '192.0.2.7', 8443, 'https://192.0.2.7:8443'],
  ['http', '2001:db8::7', 80, 'http://[2001:db8::7]'],
  ['http', '[2001:db8::7]', 8080, 'http://[2001:db8::7]:8080'],
] as const)('%s, %s and port %d make %s', (scheme, domain, port, url) => {
  expect(storeUrl(scheme, domain, port)).toBe(url);
  const address = storeAddress(url);
  expect(storeUrl(address.scheme, address.domain, address.port)).toBe(url);
});

it('accepts other URLs that a store assertion may contain', () => {
  expect(storeAddress('HTTPS://Store.example/')).toEqual({
    scheme: 'https',
    domain: 'store.example',
    port: 443,
  });
});

it.each([
  ['http://store.example', 'http://store.example', '', []],
  ['http://store.example/', 'http://store.example', '', []],
  ['HTTP://Store.example:80/', 'http://Store.example:80', '', []],
  ['https://store.example/snaps/', 'https://store.example/snaps', '/snaps', ['snaps']],
  // Pictures must be below the signed string. If it ends with several slashes, one of them starts their path.
  ['http://store.example/a%20b/c//', 'http://store.example/a%20b/c/', '/a%20b/c/', ['a b', 'c']],
  ['http://store.example/?#', 'http://store.example', '', []],
])('%s is the base %s', (url, base, path, segments) => {
  expect(readSignedUrl(url)).toMatchObject({ base, path, segments });
});

it.each(['', 'ftp://a', 'http://', 'store.example'])('%j is not a valid base', (url) =>
  expect(readSignedUrl(url)).toBeUndefined(),
);

it.each([
  ['http://store.example', 'store.example', true],
  ['http://store.example', 'STORE.example:80', true],
  ['http://store.example', 'store.example:', true],
  ['http://store.example', 'store.example:443', false],
  ['https://store.example', 'store.example:443', true],
  ['https://store.example:8443', 'store.example', false],
  ['http://[2001:db8::7]:8080/x', '[2001:DB8::7]:8080', true],
  ['http://store.example', 'other.example', false],
  ['http://store.example', '', false],
])('%s has the host %s: %s', (url, host, is) => {
  const signed = readSignedUrl(url);
  expect(signed && namesHostOf(signed, host)).toBe(is);
});

it.each([
  ['http://store.example', 'http://store.example'],
  ['HTTP://Store.example:80/', 'http://store.example'],
  ['https://store.example:8443//', 'https://store.example:8443'],
  ['https://store.example/snaps', 'https://store.example/snaps/'],
  ['https://store.example/a/b//', 'https://store.example/a/b/'],
  ['ftp://store.example', undefined],
  ['store.example', undefined],
  ['http://a@store.example', undefined],
  ['http://store.example/?', undefined],
  ['http://store.example/#a', undefined],
])('a store is registered for %s as %s', (text, url) => expect(plainStoreUrl(text)).toBe(url));

it.each([
  ['http://store.example', false],
  ['http://store.example/', false],
  ['http://store.example/snaps/', false],
  ['http://store.example/snaps', true],
  ['http://store.example/a/b', true],
])('%s loses its last part when a serial is requested: %s', (url, loses) =>
  expect(losesPath(url)).toBe(loses),
);
