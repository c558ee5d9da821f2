import { expect, it } from 'vitest';
import { storeAddress, storeUrl } from './store-url.js';

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

it('reads what a store assertion may name besides', () => {
  expect(storeAddress('HTTPS://Store.example/')).toEqual({
    scheme: 'https',
    domain: 'store.example',
    port: 443,
  });
});
