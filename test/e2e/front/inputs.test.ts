import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../support/raw-connection.js';
import { jsonOf, listen, repliesIn, send, type WireReply } from '../device-api/wire.js';
import { at, World } from '../device-api/world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'one', revision: 1 });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const BODY =
  '{"context":[],"actions":[{"action":"install","instance-key":"i","name":"one","channel":"stable"}]}';

async function post(
  body: string | Buffer,
  headers: Record<string, string>,
  path = '/v2/snaps/refresh',
): Promise<WireReply> {
  return await send(port, { method: 'POST', path, headers, body });
}

function messageOf(reply: WireReply): string {
  return String(at(jsonOf(reply), 'error-list', '0', 'message'));
}

describe('a body', () => {
  const marked = Buffer.concat([Buffer.from('efbbbf', 'hex'), Buffer.from(BODY)]);

  it.each([
    ['with its charset', BODY, { 'content-type': 'application/json; charset=utf-8' }],
    ['with its charset in quotes and capitals', BODY, { 'content-type': 'Application/JSON;Charset="UTF-8"' }],
    ['with a subset of its charset', BODY, { 'content-type': 'application/json; charset=us-ascii' }],
    ['with a byte order mark', marked, { 'content-type': 'application/json' }],
    ['with a byte order mark and no type', marked, {}],
    [
      'with the coding identity',
      BODY,
      { 'content-type': 'application/json', 'content-encoding': 'Identity' },
    ],
    ['with the content type that curl sends', BODY, { 'content-type': 'application/x-www-form-urlencoded' }],
    [
      'of a client that waits for "100 Continue"',
      BODY,
      { 'content-type': 'application/json', expect: '100-continue', 'content-length': String(BODY.length) },
    ],
  ])('%s is read', async (_, body, headers) => {
    const reply = await post(body, headers);
    expect([reply.status, at(jsonOf(reply), 'results', '0', 'result')]).toEqual([200, 'install']);
  });

  it.each(['gzip', 'GZIP', 'x-gzip', 'deflate', 'br', 'zstd', 'gzip, identity'])(
    'in %s is refused unread',
    async (coding) => {
      for (const type of ['application/json', 'text/plain']) {
        const reply = await post(gzipSync(BODY), { 'content-type': type, 'content-encoding': coding });
        expect([reply.status, reply.headers['accept-encoding'], messageOf(reply)]).toEqual([
          415,
          'identity',
          `cannot read request: its body has the coding ${JSON.stringify(coding)}; send it uncompressed`,
        ]);
      }
    },
  );

  it.each(['utf-16', 'iso-8859-1', '"latin1"'])('in the charset %s is refused', async (charset) => {
    const reply = await post(BODY, { 'content-type': `application/json; charset=${charset}` });
    expect([reply.status, messageOf(reply)]).toEqual([
      415,
      `cannot read request: its body has the charset ${JSON.stringify(charset.replaceAll('"', ''))}; send it in UTF-8`,
    ]);
  });

  it.each(['application/json', 'text/plain'])('of %s that is not UTF-8 is refused', async (type) => {
    for (const bytes of [Buffer.from('{"a":"\xff"}', 'latin1'), Buffer.from(`\ufeff${BODY}`, 'utf16le')]) {
      const reply = await post(bytes, { 'content-type': type });
      expect([reply.status, messageOf(reply)]).toEqual([400, 'cannot read request: its body is not UTF-8']);
    }
  });

  it('that is too long is 413, and of an invalid type 415', async () => {
    const long = await post(' '.repeat(70_000), { 'content-type': 'application/json' }, '/v2/cohorts');
    expect([long.status, messageOf(long)]).toEqual([
      413,
      'cannot read request: its body is longer than 65536 bytes',
    ]);
    expect((await post(BODY, { 'content-type': 'json' })).status).toBe(415);
  });

  it('is refused with an unknown expectation', async () => {
    const length = { 'content-length': String(Buffer.byteLength(BODY)) };
    expect((await post(BODY, { expect: 'a-miracle', ...length })).status).toBe(417);
    // Without its length it is chunked.
    expect((await post(BODY, { expect: 'a-miracle' })).status).toBe(411);
  });
});

describe('a parameter that occurs twice is refused by its name', () => {
  it.each([
    ['/v2/snaps/info/one?fields=name&fields=title', 'fields'],
    ['/v2/snaps/info/one?architecture=amd64&architecture=amd64', 'architecture'],
    ['/v2/snaps/find?q=a&q=b', 'q'],
    ['/v2/snaps/find?fields=a&q=c&fields=b', 'fields'],
    ['/v2/assertions/account/acme?max-format=1&max-format=1', 'max-format'],
    ['/api/v1/snaps/names?confinement=strict&confinement=strict', 'confinement'],
  ])('%s', async (path, name) => {
    const reply = await send(port, { path });
    expect([reply.status, messageOf(reply)]).toEqual([
      400,
      `cannot read request: ${name} occurs more than once`,
    ]);
  });

  it('unless it is unknown', async () => {
    expect((await send(port, { path: '/v2/snaps/info/one?new=1&new=2' })).status).toBe(200);
  });
});

describe('a header', () => {
  /** @param lines - headers as they are sent */
  async function ask(path: string, ...lines: string[]): Promise<WireReply | undefined> {
    const connection = await RawConnection.open(port);
    connection.write(
      [`GET ${path} HTTP/1.1`, 'Host: a.lan', ...lines, 'Connection: close', '', ''].join('\r\n'),
    );
    return repliesIn(await connection.untilClosed())[0];
  }

  it.each([
    [['Snap-Device-Architecture: amd64', 'Snap-Device-Architecture: amd64'], 200],
    [['Snap-Device-Architecture:   amd64\t '], 200],
    [['Snap-Device-Architecture: amd64,amd64 ,'], 200],
    [['Snap-Device-Architecture: amd64', 'Snap-Device-Architecture: arm64'], 400],
    [['Snap-Device-Series: 16', 'Snap-Device-Series: 16'], 200],
    [['Snap-Device-Series: 16, 17'], 400],
  ])('%j: %i', async (lines, status) => {
    expect((await ask('/v2/snaps/info/one', ...lines))?.status).toBe(status);
  });

  const JSON_TYPE = 'application/json';
  const SIGNED = 'application/x.ubuntu.assertion';
  it.each([
    [[], SIGNED],
    [['Accept:'], SIGNED],
    [['Accept: */*'], SIGNED],
    [['Accept: application/json'], JSON_TYPE],
    [['Accept: Application/JSON;q=0.5'], JSON_TYPE],
    [['Accept: text/html', 'Accept: application/json'], JSON_TYPE],
    [['Accept: application/json;q=0'], SIGNED],
    [['Accept: application/json, application/x.ubuntu.assertion; q=0.000'], JSON_TYPE],
    [['Accept: application/json, application/x.ubuntu.assertion'], SIGNED],
  ])('%j: an assertion is %s', async (lines, type) => {
    const reply = await ask('/v2/assertions/account/acme', ...lines);
    expect([reply?.status, reply?.headers['content-type']]).toEqual([200, type]);
  });

  it.each(['gzip', 'identity;q=0, gzip', '*;q=0', 'gzip;q=1.0, *;q=0.5'])(
    'Accept-Encoding: %s changes no answer',
    async (accepted) => {
      const reply = await ask('/v2/snaps/info/one', `Accept-Encoding: ${accepted}`);
      expect([reply?.status, reply?.headers['content-encoding']]).toEqual([200, undefined]);
    },
  );
});
