import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, jsonOf, listen, repliesIn, type WireReply } from './wire.js';
import { at, World } from './world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'hello', revision: 1 });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const REFRESH = JSON.stringify({
  context: [],
  actions: [
    { action: 'install', 'instance-key': 'install-1', name: 'hello' },
    { action: 'fetch-assertions', key: 'A', assertions: [{ type: 'account', 'primary-key': ['acme'] }] },
  ],
});

async function ask(headerLines: string, version = '1.1'): Promise<{ refresh: WireReply; info: WireReply }> {
  const [refresh] = repliesIn(
    await exchange(
      port,
      `POST /v2/snaps/refresh HTTP/${version}\r\n${headerLines}Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${REFRESH.length}\r\n\r\n${REFRESH}`,
    ),
  );
  const [info] = repliesIn(
    await exchange(
      port,
      `GET /v2/snaps/info/hello HTTP/${version}\r\n${headerLines}Connection: close\r\n\r\n`,
    ),
  );
  if (!refresh || !info) throw new Error('no reply');
  return { refresh, info };
}

describe('absolute URLs follow the Host', () => {
  it.each([
    'store.lan',
    'store.lan:8080',
    'STORE.lan',
    'my_store.lan.',
    'localhost:1',
    '10.0.0.1:65535',
    '[::1]',
    '[fe80::1:2]:8080',
    '[::ffff:10.0.0.1]:80',
  ])('%s', async (host) => {
    const { refresh, info } = await ask(`Host: ${host}\r\n`);
    const results = at(jsonOf(refresh), 'results');
    const urls = [
      at(results, '0', 'snap', 'download', 'url'),
      at(results, '1', 'assertion-stream-urls', '0'),
      at(jsonOf(info), 'channel-map', '0', 'download', 'url'),
    ];
    for (const url of urls) expect(String(url).startsWith(`http://${host}/`), String(url)).toBe(true);
  });

  it('without the colon of an empty port', async () => {
    const { info } = await ask('Host: store.lan:\r\n');
    expect(at(jsonOf(info), 'channel-map', '0', 'download', 'url')).toMatch(/^http:\/\/store\.lan\//);
  });

  it('independent of headers about forwarding', async () => {
    const { info } = await ask(
      'Host: store.lan\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\n',
    );
    expect(at(jsonOf(info), 'channel-map', '0', 'download', 'url')).toMatch(/^http:\/\/store\.lan\//);
  });
});

describe('an invalid Host', () => {
  it.each([
    'a b',
    '"',
    'a"b',
    "a'b",
    'a/b',
    '/',
    'a?b',
    'a#b',
    'user@store.lan',
    'a\\b',
    'http://store.lan',
    'a,b',
    '<script>',
    '${x}',
    'a%20b',
    '-a',
    '.a',
    ':80',
    'a:b',
    'a:123456',
    '[::1',
    '::1',
    '[::1]x',
    '[fe80::1%25eth0]',
    'st\u00f6re.lan',
    'a\tb',
    'a'.repeat(254),
  ])('%j is refused, and not used in a URL', async (host) => {
    for (const reply of Object.values(await ask(`Host: ${host}\r\n`))) {
      expect([reply.status, reply.headers['content-type']]).toEqual([400, 'application/json']);
      expect(jsonOf(reply)).toEqual({
        'error-list': [{ code: 'invalid-request', message: expect.any(String) as string }],
      });
    }
  });

  it('may be 253 characters', async () => {
    expect((await ask(`Host: ${'a'.repeat(253)}\r\n`)).info.status).toBe(200);
  });

  it.each(['', 'Host:\r\n'])('%j in HTTP/1.0 is refused only if URLs are needed', async (lines) => {
    const { refresh, info } = await ask(lines, '1.0');
    expect([refresh.status, info.status]).toEqual([400, 400]);
    const [assertion] = repliesIn(
      await exchange(port, `GET /v2/assertions/account/acme HTTP/1.0\r\n${lines}\r\n`),
    );
    expect([assertion?.status, assertion?.headers['content-type']]).toEqual([
      200,
      'application/x.ubuntu.assertion',
    ]);
  });

  it('missing in HTTP/1.1 is refused', async () => {
    expect(await exchange(port, 'GET /v2/snaps/info/hello HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('with a line break makes the request invalid', async () => {
    const [reply, ...others] = repliesIn(
      await exchange(port, 'GET /v2/snaps/info/hello HTTP/1.1\r\nHost: store.lan\r\nSet-Cookie x\r\n\r\n'),
    );
    expect([reply?.status, others]).toEqual([400, []]);
  });
});
