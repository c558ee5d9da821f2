import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { png } from '../../support/pictures.js';
import { RawConnection } from '../../support/raw-connection.js';
import { jsonOf, listen, repliesIn, send, type WireReply } from '../device-api/wire.js';
import { at, World } from '../device-api/world.js';

/** The URLs of the registered stores, by the id of their assertion. */
const URLS = {
  plain: 'http://store.example:8080',
  slash: 'http://store.example/',
  secure: 'https://store.example',
  below: 'https://store.example/snaps/',
  deep: 'http://store.example/a%20b/c',
};

let world: World;
let port: number;
let settings: SettingsService;

beforeAll(async () => {
  world = await World.start();
  const { stack } = world.publisher;
  const stores = Object.entries(URLS).map(([store, url]) => stack.store({ store, operatorId: 'acme', url }));
  await world.acknowledge(...stack.chain(...stores));
  await world.push({ name: 'one', revision: 1, gui: { 'icon.png': png(500) } });
  settings = world.store.app.get(SettingsService);
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

interface Urls {
  readonly file: string;
  readonly picture: string;
  readonly refreshed: string;
  readonly assertion: string;
}

const BODY = JSON.stringify({
  context: [],
  actions: [
    { action: 'install', 'instance-key': 'i', name: 'one', channel: 'stable' },
    { action: 'fetch-assertions', key: 'A', assertions: [{ type: 'account', 'primary-key': ['acme'] }] },
  ],
});

async function ask(
  line: string,
  headers: readonly string[],
  body = '',
  address?: string,
): Promise<WireReply> {
  const connection = await RawConnection.open(port, address);
  const length = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`];
  connection.write([line, ...headers, ...length, 'Connection: close', '', body].join('\r\n'));
  const [reply] = repliesIn(await connection.untilClosed());
  if (!reply) throw new Error('no reply');
  return reply;
}

/** The start of the URLs in answers. */
async function urls(
  headers: readonly string[],
  { version = '1.1', below = '', address = '127.0.0.1' } = {},
): Promise<Urls> {
  const info = await ask(
    `GET ${below}/v2/snaps/info/one?fields=download,media HTTP/${version}`,
    headers,
    '',
    address,
  );
  const refresh = await ask(`POST ${below}/v2/snaps/refresh HTTP/${version}`, headers, BODY, address);
  expect([info.status, refresh.status, info.body.toString()]).toEqual([200, 200, expect.any(String)]);
  const origin = (url: unknown) => String(url).replace(/\/(?:api\/v1|v2)\/.*/, '');
  const results = at(jsonOf(refresh), 'results');
  return {
    file: origin(at(jsonOf(info), 'channel-map', '0', 'download', 'url')),
    picture: origin(at(jsonOf(info), 'snap', 'media', '0', 'url')),
    refreshed: origin(at(results, '0', 'snap', 'download', 'url')),
    assertion: origin(at(results, '1', 'assertion-stream-urls', '0')),
  };
}

function all(url: string, picture = url): Urls {
  return { file: url, picture, refreshed: url, assertion: url };
}

async function registerAs(id: keyof typeof URLS): Promise<void> {
  await settings.set([['internal.store.id', id]]);
  const base = URLS[id].replace(/\/$/, '');
  await vi.waitFor(async () => expect(await urls(['Host: x.lan'])).toEqual(all(base)), { timeout: 60_000 });
}

async function trust(proxies: string): Promise<void> {
  await settings.set([['proxy.trusted-proxies', proxies]]);
  const host = ['Host: x.lan', 'X-Forwarded-Host: seen.lan'];
  const expected = expect.stringContaining(proxies === '' ? 'store.example' : 'seen.lan') as string;
  await vi.waitFor(async () => expect((await urls(host)).file).toEqual(expected), { timeout: 60_000 });
}

it('a store without a registration uses the host of the request in its URLs', async () => {
  expect(await urls(['Host: x.lan:81'])).toEqual(all('http://x.lan:81'));
});

describe.each(Object.entries(URLS))('a store that is registered as %s: %s', (id, url) => {
  beforeAll(() => registerAs(id as keyof typeof URLS));
  const base = url.replace(/\/$/, '');

  it.each([
    ['its own host', ['Host: store.example'], '1.1'],
    ['the host that nginx sends with a plain proxy_pass', ['Host: 127.0.0.1:8080'], '1.0'],
    ['its host without the port', ['Host: store.example'], '1.0'],
    ['another name', ['Host: backend'], '1.1'],
    ['an empty host', ['Host:'], '1.1'],
    ['no host', [], '1.0'],
    ['a host that no URL can contain', ["Host: a'b,c"], '1.1'],
  ])('uses that URL, asked for %s', async (_, headers, version) => {
    expect(await urls(headers, { version })).toEqual(all(base));
  });

  it('ignores the forwarding headers of an untrusted client', async () => {
    const said = [
      'X-Forwarded-Host: evil',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Port: 1',
      'Forwarded: host=evil',
    ];
    expect(await urls(['Host: x.lan', ...said])).toEqual(all(base));
  });

  it('answers below the path of that URL, as snapd asks, and without it, as a proxy may ask', async () => {
    const { pathname } = new URL(url);
    for (const below of new Set([pathname.replace(/\/$/, ''), pathname, '', '/'])) {
      expect(await urls(['Host: store.example'], { below })).toEqual(all(base));
      const paths = [
        '/',
        '/_status/check',
        '/v2/auth/store/assertions',
        '/api/v1/snaps/names',
        '/v2/snaps/find?q=one',
      ];
      for (const path of paths)
        expect([path, (await send(port, { path: below + path })).status]).toEqual([path, 200]);
      const nonce = await send(port, { method: 'POST', path: `${below}/api/v1/snaps/auth/nonces` });
      const requestId = await send(port, { method: 'POST', path: `${below}/request-id` });
      expect([nonce.status, requestId.status]).toEqual([200, 200]);
    }
  });

  it('serves every file at its URL', async () => {
    const reply = await send(port, { path: '/v2/snaps/info/one?fields=download,media' });
    const links = [
      at(jsonOf(reply), 'channel-map', '0', 'download', 'url'),
      at(jsonOf(reply), 'snap', 'media', '0', 'url'),
    ];
    for (const link of links) {
      const { pathname } = new URL(String(link));
      expect([pathname, (await send(port, { path: pathname })).status]).toEqual([pathname, 200]);
    }
  });
});

describe('a trusted proxy', () => {
  beforeAll(async () => {
    await registerAs('below');
    await trust('127.0.0.1');
  });
  afterAll(() => trust(''));

  const SIGNED = 'https://store.example/snaps';

  it.each([
    ['sends no headers', [], all(SIGNED)],
    ['names the host', ['X-Forwarded-Host: other.lan'], all('http://other.lan/snaps', SIGNED)],
    [
      'names host and scheme',
      ['X-Forwarded-Host: other.lan:8443', 'X-Forwarded-Proto: https'],
      all('https://other.lan:8443/snaps', SIGNED),
    ],
    [
      'sends host and port separately',
      ['X-Forwarded-Host: other.lan', 'X-Forwarded-Port: 8443', 'X-Forwarded-Proto: https'],
      all('https://other.lan:8443/snaps', SIGNED),
    ],
    [
      'sends the default port of the scheme',
      ['X-Forwarded-Host: other.lan', 'X-Forwarded-Port: 443', 'X-Forwarded-Proto: https'],
      all('https://other.lan/snaps', SIGNED),
    ],
    [
      'puts the nearest of several proxies last',
      ['X-Forwarded-Host: evil, other.lan', 'X-Forwarded-Proto: https, http'],
      all('http://other.lan/snaps', SIGNED),
    ],
    [
      'uses RFC 7239',
      ['Forwarded: for=192.0.2.1;host=evil, for=192.0.2.2;host="other.lan:8443";proto=https'],
      all('https://other.lan:8443/snaps', SIGNED),
    ],
    [
      'passes on a different Forwarded header of its client',
      ['X-Forwarded-Host: other.lan', 'Forwarded: host=evil'],
      all(SIGNED),
    ],
    ['sends an invalid host', ['X-Forwarded-Host: user@evil'], all(SIGNED)],
  ])('that %s', async (_, headers, expected) => {
    expect(await urls(['Host: backend:8080', ...headers])).toEqual(expected);
  });

  it('is trusted, and no other address is', async () => {
    const headers = ['Host: backend', 'X-Forwarded-Host: other.lan'];
    expect(await urls(headers, { address: '127.0.0.2' })).toEqual(all(SIGNED));
  });
});

describe('a store that is signed with http, behind a trusted proxy that terminates TLS', () => {
  beforeAll(async () => {
    await registerAs('plain');
    await trust('127.0.0.1');
  });
  afterAll(() => trust(''));

  it('keeps devices on https, and serves pictures below the signed URL', async () => {
    const headers = ['Host: store.example', 'X-Forwarded-Proto: https'];
    expect(await urls(headers)).toEqual(all('https://store.example', URLS.plain));
  });
});
