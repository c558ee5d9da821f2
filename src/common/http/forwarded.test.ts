import { describe, expect, it } from 'vitest';
import { readForwarded } from './forwarded.js';

const NOTHING = { hops: undefined, scheme: undefined, host: undefined, port: undefined };

it('is empty without a header', () => expect(readForwarded({})).toEqual(NOTHING));

describe('Forwarded', () => {
  it.each([
    [
      'for=192.0.2.60;proto=https;host=store.lan',
      { hops: ['192.0.2.60'], scheme: 'https', host: 'store.lan' },
    ],
    [
      'FOR="[2001:db8::17]:4711" ; Host="store.lan:8080"',
      { hops: ['[2001:db8::17]:4711'], host: 'store.lan:8080' },
    ],
    ['for=192.0.2.1, for=198.51.100.17;host=b', { hops: ['192.0.2.1', '198.51.100.17'], host: 'b' }],
    // The nearest proxy's entry is used, whatever a client wrote before it.
    [
      'host=evil;proto=https, for=192.0.2.1;host=b;proto=http',
      { hops: ['', '192.0.2.1'], host: 'b', scheme: 'http' },
    ],
    ['for="a\\"b,c"', { hops: ['a"b,c'] }],
    [', for=_x ,', { hops: ['_x'] }],
    ['by=10.0.0.1;secret=x', { hops: [''] }],
    ['host="a b";proto=gopher', { hops: [''] }],
  ])('%s', (forwarded, said) => expect(readForwarded({ forwarded })).toEqual({ ...NOTHING, ...said }));

  it.each(['for', 'for=', 'for="a', 'for=a b', '=x', 'for=a;;=b'])(
    '%s is malformed and ignored',
    (forwarded) => expect(readForwarded({ forwarded })).toEqual(NOTHING),
  );
});

describe('X-Forwarded-Host and -Port', () => {
  it.each([
    [{ 'x-forwarded-host': 'store.lan:8080' }, { host: 'store.lan:8080' }],
    [{ 'x-forwarded-host': 'evil, store.lan' }, { host: 'store.lan' }],
    [{ 'x-forwarded-host': 'user@evil' }, {}],
    [
      { 'x-forwarded-host': 'store.lan', 'x-forwarded-port': '8080' },
      { host: 'store.lan', port: 8080 },
    ],
    [{ 'x-forwarded-port': '1, 443' }, { port: 443 }],
    [{ 'x-forwarded-port': '65536' }, {}],
    [{ 'x-forwarded-port': 'a' }, {}],
  ])('%j', (headers, said) => expect(readForwarded(headers)).toEqual({ ...NOTHING, ...said }));
});

it('both kinds are ignored if they differ: one of them came from the client', () => {
  const headers = {
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'store.lan',
  };
  const forwarded = 'for=198.51.100.1;proto=https;host=evil';
  expect(readForwarded({ ...headers, forwarded })).toEqual(NOTHING);
  expect(readForwarded({ ...headers, forwarded: 'for="192.0.2.1";proto=http;host=STORE.lan' })).toEqual({
    ...NOTHING,
    hops: ['192.0.2.1'],
    scheme: 'http',
    host: 'store.lan',
  });
});
