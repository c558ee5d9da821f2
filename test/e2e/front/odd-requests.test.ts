import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../support/raw-connection.js';
import { listen, repliesIn } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'one', revision: 1 });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

/** All that the store sends until it ends the connection. */
async function heardAfter(request: string): Promise<string> {
  const connection = await RawConnection.open(port);
  connection.write(Buffer.from(request, 'latin1'));
  return await connection.untilClosed();
}

function get(path: string, headers = 'Host: store.lan'): string {
  return `GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`;
}

const POST = 'POST /v2/cohorts HTTP/1.1\r\nHost: store.lan\r\nContent-Type: application/json\r\n';
const BODY = '{"snaps":[]}';

/** Otherwise a proxy in front could see two requests where the store sees one, or the reverse. */
describe('a request with an ambiguous end is refused, and nothing after it is read', () => {
  it.each([
    ['a length and chunks', `${POST}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two codings', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
    ['coding identity', `${POST}Transfer-Encoding: identity\r\n\r\n${BODY}`],
    ['an unknown coding', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${POST}Content-Length: 12\r\nContent-Length: 13\r\n\r\n${BODY}`],
    ['a list of lengths', `${POST}Content-Length: 12, 12\r\n\r\n${BODY}`],
    ['a length with a sign', `${POST}Content-Length: +12\r\n\r\n${BODY}`],
    ['a length in hexadecimal', `${POST}Content-Length: 0x0c\r\n\r\n${BODY}`],
    ['a length beyond 64 bits', `${POST}Content-Length: 99999999999999999999\r\n\r\n${BODY}`],
    ['a chunk of negative size', `${POST}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n`],
    ['a chunk beyond 64 bits', `${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n`],
    ['chunks with bare line feeds', `${POST}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`],
    ['a long chunk extension', `${POST}Transfer-Encoding: chunked\r\n\r\n2;${'e'.repeat(20_000)}\r\n{}\r\n`],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a carriage return in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n'],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['a NUL in the path', 'GET /v2/snaps/info/a\0b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['non-ASCII bytes in the path', 'GET /v2/snaps/info/\xff HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s', async (_, request) => {
    const heard = await heardAfter(request + get('/v2/snaps/info/one'));
    expect(heard.match(/^HTTP\/1\.1 \d+/gm)).toHaveLength(1);
    expect(heard).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
});

it('reads the body of a GET, and does not treat it as a request', async () => {
  const hidden = get('/v2/snaps/info/hidden');
  const heard = await heardAfter(
    `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}${get('/')}`,
  );
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
});

describe('a string that the database cannot store matches no snap', () => {
  it.each([
    ['/v2/snaps/find?q=a%00b', 200],
    ['/v2/snaps/find?name=a%00b', 200],
    ['/v2/snaps/find?category=a%00b', 200],
    ['/v2/snaps/find?common-id=a%00b', 200],
    ['/v2/snaps/find?publisher=a%00b', 200],
    ['/v2/snaps/find?channel=a%00b', 400],
    ['/v2/snaps/find?confinement=a%00b', 200],
    ['/v2/snaps/find?architecture=a%00b', 400],
    ['/v2/snaps/info/a%00b', 404],
    ['/v2/snaps/category/a%00b', 404],
    ['/v2/assertions/account/a%00b', 404],
    ['/v2/assertions/validation-set/16/a%00b/c?sequence=latest', 404],
    ['/api/v1/snaps/media/a%00b', 404],
    ['/api/v1/snaps/media/..%2f..%2f..%2fetc%2fpasswd', 404],
    ['/api/v1/snaps/download/a%00b_1.snap', 404],
  ])('%s', async (path, status) => {
    const [reply] = repliesIn(await heardAfter(get(path)));
    expect([reply?.status, reply?.body.includes('"results":[{')]).toEqual([status, false]);
  });

  it('in a refresh: each action has its own answer', async () => {
    const odd = 'a\0b';
    const body = {
      context: [{ 'snap-id': odd, 'instance-key': odd, revision: 1, 'tracking-channel': odd }],
      actions: [
        { action: 'install', name: odd, 'instance-key': '1', channel: 'stable' },
        { action: 'refresh', 'snap-id': odd, 'instance-key': odd },
        { action: 'install', name: 'one', 'instance-key': '3', 'cohort-key': odd },
        { action: 'install', name: 'one', 'instance-key': '4', 'validation-sets': [['16', odd, odd]] },
        { action: 'install', name: 'one', 'instance-key': '5', channel: 'stable' },
        { action: 'fetch-assertions', key: 'g', assertions: [{ type: 'account', 'primary-key': [odd] }] },
      ],
    };
    const text = JSON.stringify(body);
    const heard = await heardAfter(
      `POST /v2/snaps/refresh HTTP/1.1\r\nHost: store.lan\r\nConnection: close\r\nContent-Type: application/json\r\nSnap-Device-Architecture: amd64\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 (?:200|400) /);
    expect(heard).not.toContain('internal-error');
  });
});

describe('the host of URLs in answers', () => {
  it.each([
    ['an invalid name', 'Host: user@evil.example'],
    ['a name with a path', 'Host: evil.example/x?y#z'],
    ['a name with quotes', 'Host: a"/<b>@c:99999'],
  ])('is refused for %s', async (_, headers) => {
    const [reply] = repliesIn(await heardAfter(get('/v2/snaps/info/one', headers)));
    expect(reply?.status).toBe(400);
  });

  it.each([
    [
      'forwarding headers of an untrusted proxy',
      '/v2/snaps/info/one',
      'Host: store.lan\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example',
    ],
  ])('is not changed by %s', async (_, path, headers) => {
    const [reply] = repliesIn(await heardAfter(get(path, headers)));
    expect(reply?.status).toBe(200);
    expect(reply?.body.toString()).toContain('http://store.lan/');
    expect(reply?.body.toString()).not.toContain('evil');
  });
});

it('opens no tunnel, and supports no other protocol', async () => {
  const tunnel = await heardAfter('CONNECT other.lan:443 HTTP/1.1\r\nHost: other.lan\r\n\r\n');
  expect(tunnel).toMatch(/^HTTP\/1\.1 405 [^]*\r\nallow: GET, HEAD, POST, OPTIONS\r\n/);
  const upgrade = 'Host: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA';
  expect(await heardAfter(get('/', upgrade))).toMatch(/^HTTP\/1\.1 200 /);
});
