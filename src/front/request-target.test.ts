import { describe, expect, it } from 'vitest';
import { readTarget } from './request-target.js';

describe('a path', () => {
  it.each([
    ['/', '/'],
    ['/v2/snaps/info/a', '/v2/snaps/info/a'],
    ['//v2/snaps', '/v2/snaps'],
    ['/v2///snaps//info/a', '/v2/snaps/info/a'],
    ['/v2/snaps/', '/v2/snaps'],
    ['/v2/snaps//', '/v2/snaps'],
    ['//', '/'],
    ['/./v2/./snaps/.', '/v2/snaps'],
    ['/v2/x/../snaps', '/v2/snaps'],
    ['/v2/snaps/info/..', '/v2/snaps'],
    ['/v2/%2e/x/%2E./snaps/.%2e/snaps', '/v2/snaps'],
    ['/v2//../snaps', '/snaps'],
    ['/a%2Fb/c%2f', '/a%2Fb/c%2f'],
    ['/..a/.b/...', '/..a/.b/...'],
    ['/v2/snaps/find?q=a//b/../c', '/v2/snaps/find?q=a//b/../c'],
    ['/v2/snaps/find/?q=a', '/v2/snaps/find?q=a'],
    ['/?q=a', '/?q=a'],
    ['/a[b]|c', '/a[b]|c'],
  ])('%s is %s', (text, url) => expect(readTarget('GET', text)).toMatchObject({ url }));

  it.each(['/..', '/a/../..', '/%2e%2e/a', '/../a', '//..'])('%s leads above the root', (text) =>
    expect(readTarget('GET', text)).toEqual({ wrong: 'its path leads above the root' }),
  );
});

describe('a whole URL', () => {
  it.each([
    ['http://store.lan/v2/a', { url: '/v2/a', host: 'store.lan' }],
    ['HTTPS://store.lan:8443//v2/a/?b', { url: '/v2/a?b', host: 'store.lan:8443' }],
    ['http://[::1]:80', { url: '/', host: '[::1]:80' }],
    ['http://store.lan?x=1', { url: '/?x=1', host: 'store.lan' }],
  ])('%s', (text, target) => expect(readTarget('GET', text)).toMatchObject(target));

  it.each([
    'http:///v2',
    'http://',
    'http://:80/',
    'http://u@a/',
    'http://a b/',
    'http://a:x/',
    'http://a\\b/',
  ])('%s has no valid host', (text) => expect(readTarget('GET', text)).toHaveProperty('wrong'));
});

it('of OPTIONS is * for the server as a whole', () => {
  expect(readTarget('OPTIONS', '*')).toMatchObject({ url: '*' });
  expect(readTarget('OPTIONS', 'http://store.lan')).toMatchObject({ url: '*', host: 'store.lan' });
  expect(readTarget('OPTIONS', 'http://store.lan/')).toMatchObject({ url: '/', host: 'store.lan' });
  expect(readTarget('GET', '*')).toHaveProperty('wrong');
});

it.each([
  '',
  'v2/snaps',
  'store.lan:80',
  'ftp://a/',
  'file:///etc',
  '**',
  '/a#b',
  '/a b',
  '/é',
  '/a\u007f',
  '/\t',
])('%j is not a target', (text) => expect(readTarget('GET', text)).toHaveProperty('wrong'));

describe('below the path of the store URL', () => {
  it.each([
    ['/snaps/v2/a', '/v2/a'],
    ['/snaps//v2/a/', '/v2/a'],
    ['/snaps', '/'],
    ['/snaps/', '/'],
    ['/snaps?x', '/?x'],
    ['/%73naps/v2/a%2Fb', '/v2/a%2Fb'],
    ['/v2/a', '/v2/a'],
    ['/snapsy/v2', '/snapsy/v2'],
    ['/snaps/snaps/v2', '/snaps/v2'],
  ])('%s is %s', (text, url) => expect(readTarget('GET', text, ['snaps'])).toMatchObject({ url }));

  it('may have several segments, in any encoding', () => {
    expect(readTarget('GET', '/a/b%20c/v2', ['a', 'b c'])).toMatchObject({ url: '/v2' });
    expect(readTarget('GET', '/a/v2', ['a', 'b c'])).toMatchObject({ url: '/a/v2' });
    expect(readTarget('GET', '/%ff/v2', ['a'])).toMatchObject({ url: '/%ff/v2' });
  });
});
