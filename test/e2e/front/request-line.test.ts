import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../support/raw-connection.js';
import { listen, repliesIn, send, type WireReply } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'one', revision: 1 });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

/** @param lines - the request line and headers */
async function ask(...lines: string[]): Promise<WireReply | undefined> {
  const connection = await RawConnection.open(port);
  connection.write(Buffer.from([...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1'));
  return repliesIn(await connection.untilClosed())[0];
}

function urlIn(reply: WireReply | undefined): string {
  return /"url":"(http[^"]*?)\/api\//.exec(reply?.body.toString() ?? '')?.[1] ?? '';
}

const INFO = '/v2/snaps/info/one?fields=download';

describe('a target in any valid form is answered', () => {
  it('a path', async () =>
    expect(urlIn(await ask(`GET ${INFO} HTTP/1.1`, 'Host: a.lan'))).toBe('http://a.lan'));

  it.each(['Host: b.lan', 'Host:'])('a whole URL, whose host overrides %j', async (host) => {
    expect(urlIn(await ask(`GET http://a.lan:81${INFO} HTTP/1.1`, host))).toBe('http://a.lan:81');
  });

  it('a whole URL in HTTP/1.0, without Host', async () => {
    expect(urlIn(await ask(`GET http://a.lan${INFO} HTTP/1.0`))).toBe('http://a.lan');
  });

  it.each(['OPTIONS *', 'OPTIONS http://a.lan'])('%s', async (line) => {
    const reply = await ask(`${line} HTTP/1.1`, 'Host: a.lan');
    expect([reply?.status, reply?.headers['allow'], reply?.headers['content-length']]).toEqual([
      204,
      'GET, HEAD, POST, OPTIONS',
      undefined,
    ]);
  });

  it('a host with a port, for which no tunnel is opened', async () => {
    expect((await ask('CONNECT a.lan:443 HTTP/1.1', 'Host: a.lan:443'))?.status).toBe(405);
  });
});

describe('a target in an invalid form is refused with a message', () => {
  it.each([
    'GET *',
    'GET v2/snaps',
    'GET a.lan:80',
    'GET ftp://a.lan/',
    'GET http:///v2',
    'GET http://user@a.lan/',
    'GET http://a.lan:x/',
    `GET ${INFO}#fragment`,
    'GET /../v2',
    'GET /v2/%2e%2e/%2E%2E/x',
    'CONNECT /v2/snaps',
    'CONNECT a.lan',
  ])('%s', async (line) => {
    const reply = await ask(`${line} HTTP/1.1`, 'Host: a.lan');
    expect([reply?.status, reply?.headers['content-type']]).toEqual([400, 'application/json']);
    expect(reply?.body.toString()).toMatch(/^\{"error-list":\[\{"code":"invalid-request","message":"cannot /);
  });
});

describe('Host', () => {
  it.each([
    ['in HTTP/1.0 may be missing', '1.0', [], 200],
    ['in HTTP/1.0 may be empty', '1.0', ['Host:'], 200],
    ['in HTTP/1.1 may be empty', '1.1', ['Host:'], 200],
    ['may have any characters of a registered name', '1.1', ["Host: a_b~c!$&'()*+,;=%20"], 200],
    ['may be IPv6', '1.1', ['Host: [2001:db8::1]:8080'], 200],
    ['in HTTP/1.1 is required', '1.1', [], 400],
    ['must occur once', '1.1', ['Host: a.lan', 'Host: a.lan'], 400],
    ['must occur once in HTTP/1.0', '1.0', ['Host: a.lan', 'host: b.lan'], 400],
    ['must not contain a user', '1.1', ['Host: user@a.lan'], 400],
    ['must not contain a space', '1.1', ['Host: a lan'], 400],
    ['must not contain a path', '1.1', ['Host: a.lan/'], 400],
    ['must have a valid port', '1.1', ['Host: a.lan:65536'], 400],
    ['requires brackets around IPv6', '1.1', ['Host: ::1'], 400],
  ])('%s', async (_, version, lines, status) => {
    for (const path of ['/', '/_status/check', '/v2/assertions/account/acme']) {
      const reply = await ask(`GET ${path} HTTP/${version}`, ...lines);
      expect([path, reply?.status]).toEqual([path, status]);
      if (status === 400) expect(reply?.headers['content-type']).toBe('application/json');
    }
  });
});

describe('a path is normalized as nginx does', () => {
  it.each([
    ['//v2/snaps/info/one', 200],
    ['/v2//snaps///info/one', 200],
    ['/v2/snaps/info/one/', 200],
    ['/v2/snaps/info/one//?fields=name', 200],
    ['/v2/./snaps/x/../info/one', 200],
    ['/v2/%2e/snaps/%2E%2e/snaps/info/one', 200],
    ['//v2/assertions//account//acme/', 200],
    ['//_status/check/', 200],
    ['/api/v1/snaps/names/', 200],
    ['/v2/snaps/find/?q=one', 200],
    ['//', 200],
    // An encoded slash is part of a value.
    ['/v2%2Fsnaps/info/one', 404],
    ['/v2/assertions/account/acme%2F', 404],
    ['/v2/snaps/info/', 404],
  ])('%s', async (path, status) => {
    expect([path, (await send(port, { path })).status]).toEqual([path, status]);
    const head = await send(port, { method: 'HEAD', path });
    expect([path, head.status]).toEqual([path, status]);
  });

  it('with a body too', async () => {
    const reply = await send(port, {
      method: 'POST',
      path: '//v2//snaps/refresh/',
      headers: { 'content-type': 'application/json' },
      body: '{"context":[],"actions":[]}',
    });
    expect(reply.status).toBe(200);
  });

  it('the larger body of a refresh is read there too', async () => {
    const reply = await send(port, {
      method: 'POST',
      path: '//v2/snaps/refresh',
      headers: { 'content-type': 'application/json' },
      body: `{"context":[],"actions":[]${' '.repeat(100_000)}}`,
    });
    expect(reply.status).toBe(200);
  });
});
