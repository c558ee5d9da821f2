import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha3_384 } from '../../../src/common/crypto/digest.js';
import { png } from '../../support/pictures.js';
import { listen, send, type WireReply } from './wire.js';
import { World } from './world.js';

const PICTURE = png(2_000);

let world: World;
let port: number;
let paths: Record<string, string>;

beforeAll(async () => {
  world = await World.start();
  const { snapId } = await world.push({ name: 'hello', revision: 1, gui: { 'icon.png': PICTURE } });
  paths = {
    file: `/api/v1/snaps/download/${snapId}_1.snap`,
    picture: `/api/v1/snaps/media/${snapId}_${sha3_384(PICTURE).toString('hex')}.png`,
    assertion: '/v2/assertions/account/acme',
  };
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

async function ask(what: string, headers: Record<string, string>, method = 'GET'): Promise<WireReply> {
  return await send(port, { method, path: paths[what] ?? '', headers });
}

const LONG_AGO = 'Sun, 06 Nov 1994 08:49:37 GMT';

type Conditions = (tag: string) => Record<string, string>;

/** RFC 9110, section 13: the effect of each condition, and of pairs, on GET and HEAD. */
const TABLE: readonly (readonly [string, Conditions, number])[] = [
  ['If-None-Match has the tag', (tag) => ({ 'if-none-match': tag }), 304],
  ['If-None-Match has the weak tag', (tag) => ({ 'if-none-match': `W/${tag}` }), 304],
  ['If-None-Match has the tag in a list', (tag) => ({ 'if-none-match': `"a,b" ,, W/"c",${tag}` }), 304],
  ['If-None-Match is *', () => ({ 'if-none-match': ' * ' }), 304],
  ['If-None-Match has other tags', (tag) => ({ 'if-none-match': `"x", "${tag.slice(1, -1)}x"` }), 200],
  ['If-None-Match has the tag without quotes', (tag) => ({ 'if-none-match': tag.slice(1, -1) }), 200],
  ['If-Match has the tag', (tag) => ({ 'if-match': tag }), 200],
  ['If-Match has the tag in a list', (tag) => ({ 'if-match': `"x", ${tag}` }), 200],
  ['If-Match is *', () => ({ 'if-match': '*' }), 200],
  ['If-Match has another tag', () => ({ 'if-match': '"x"' }), 412],
  ['If-Match has the weak tag', (tag) => ({ 'if-match': `W/${tag}` }), 412],
  ['If-Match comes before If-None-Match', (tag) => ({ 'if-match': '"x"', 'if-none-match': tag }), 412],
  ['If-None-Match comes after If-Match', (tag) => ({ 'if-match': tag, 'if-none-match': tag }), 304],
  [
    'If-Match comes before If-Unmodified-Since',
    (tag) => ({ 'if-match': tag, 'if-unmodified-since': LONG_AGO }),
    200,
  ],
  [
    'If-None-Match comes before If-Modified-Since',
    () => ({ 'if-none-match': '"x"', 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }),
    200,
  ],
  ['an invalid date', () => ({ 'if-modified-since': 'yesterday', 'if-unmodified-since': '1994-11-06' }), 200],
];

describe.each(['file', 'picture', 'assertion'])('of a %s', (what) => {
  it.each(TABLE)('%s', async (_, conditions, status) => {
    const whole = await ask(what, {});
    const headers = conditions(String(whole.headers.etag));
    for (const method of ['GET', 'HEAD']) {
      const reply = await ask(what, headers, method);
      expect([method, reply.status]).toEqual([method, status]);
      if (status === 412) continue;
      expect([method, reply.headers.etag, reply.headers['cache-control'], reply.headers.vary]).toEqual([
        method,
        whole.headers.etag,
        whole.headers['cache-control'],
        whole.headers.vary,
      ]);
      // RFC 9110, section 8.6: none in a 304. A cache takes it for the length of its copy.
      expect(reply.headers['content-length']).toBe(
        status === 304 ? undefined : whole.headers['content-length'],
      );
      expect(reply.body.length).toBe(status === 200 && method === 'GET' ? whole.body.length : 0);
    }
  });

  it('a 412 names the reason', async () => {
    const reply = await ask(what, { 'if-match': '"x"' });
    expect(JSON.parse(reply.body.toString())).toEqual({
      'error-list': [
        {
          code: 'precondition-failed',
          message: 'cannot answer under that condition: If-Match names another state of it',
        },
      ],
    });
  });
});

describe('of a file, whose date is known', () => {
  const dateOf = async () => String((await ask('file', {})).headers['last-modified']);
  const shifted = (date: string, seconds: number) =>
    new Date(Date.parse(date) + seconds * 1_000).toUTCString();

  it.each([
    ['If-Modified-Since', 'if-modified-since', [200, 304, 304]],
    ['If-Unmodified-Since', 'if-unmodified-since', [412, 200, 200]],
  ])('%s', async (_, name, statuses) => {
    const date = await dateOf();
    const replies = [];
    for (const seconds of [-1, 0, 1]) replies.push(await ask('file', { [name]: shifted(date, seconds) }));
    expect(replies.map(({ status }) => status)).toEqual(statuses);
    const head = await ask('file', { 'if-modified-since': date }, 'HEAD');
    expect([head.status, head.headers['content-length'], head.headers['last-modified']]).toEqual([
      304,
      undefined,
      date,
    ]);
  });

  it.each([
    ['its own date', 0, 206],
    ['an older one', -1, 200],
    ['a newer one', 1, 200],
  ])('If-Range: %s', async (_, seconds, status) => {
    const condition = shifted(await dateOf(), seconds);
    expect((await ask('file', { range: 'bytes=1-', 'if-range': condition })).status).toBe(status);
  });

  it('its range is evaluated last', async () => {
    const { headers } = await ask('file', {});
    const range = { range: 'bytes=1-' };
    expect((await ask('file', { ...range, 'if-none-match': String(headers.etag) })).status).toBe(304);
    expect((await ask('file', { ...range, 'if-match': '"x"' })).status).toBe(412);
  });
});
