import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SNAP_SQL } from '../../../src/catalogue/snap-record.js';
import { SNAPS_AT_ONCE } from '../../../src/common/limits.js';
import { DatabaseService } from '../../../src/database/database.service.js';
import { MAX_SEARCH_RESULTS } from '../../../src/device-api/search/search.service.js';
import { createServer } from '../../../src/server.js';
import { at, HOST, World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await World.start();
  const push = async (name: string, yaml = '', channels?: string[]) =>
    await world.push({ name, revision: 1, yaml }, channels);
  await push('video');
  await push('video-cutter');
  await push('my-video');
  await push('film', 'title: The Video Player\n');
  await push('reel', 'title: Reel\nconfinement: classic\n');
  await push('spotify', 'title: Music for everyone\n', ['latest/edge']);
  await push('gimp', 'title: GNU Image Manipulation\n');
  await push('chromium', 'confinement: devmode\n');
  await describeSnap('reel', 'Plays videos', 'Nothing but reels.');
  await describeSnap('gimp', 'Draws', 'Draws; exports video as well, and 100% of pictures.');
  await world.push({ name: 'other-chip', revision: 1, architectures: ['riscv64'] });
});
afterAll(() => world.stop());

async function describeSnap(name: string, summary: string, description: string): Promise<void> {
  await world.store.query('update snap set summary = $2, description = $3 where name = $1', [
    name,
    summary,
    description,
  ]);
}

async function names(query: string): Promise<string[]> {
  const reply = await world.get(`/v2/snaps/find?${query}`);
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json']);
  return reply.json<{ results: { name: string }[] }>().results.map(({ name }) => name);
}

const EVERYTHING = ['chromium', 'film', 'gimp', 'my-video', 'reel', 'spotify', 'video', 'video-cutter'];
/** Where no architecture is named: also what is for another one than amd64. */
const FOR_ANY = [...EVERYTHING, 'other-chip'].toSorted();

describe('a text', () => {
  it('ranks name, beginning of a name, part of a name, title, summary, description', async () => {
    expect(await names('q=video')).toEqual(['video', 'video-cutter', 'my-video', 'film', 'reel', 'gimp']);
  });

  it.each([
    ['several words of one field', 'q=image+manipulation', ['gimp']],
    ['words of several fields', 'q=gimp+draws', ['gimp']],
    ['a name with spaces', 'q=video+cutter', ['video-cutter']],
    ['spaces around it', 'q=%20%20video%20%20cutter%09', ['video-cutter']],
    ['the beginning of a word in a title', 'q=manip', ['gimp']],
    ['another form of a word', 'q=exporting', ['gimp']],
    ['the beginning of a word only in a description', 'q=pictu', []],
    ['another case', 'q=GIMP', ['gimp']],
    ['two letters', 'q=gi', ['gimp']],
  ])('%s', async (_what, query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it.each([
    ['q=spotfy', ['spotify']],
    ['q=chromum', ['chromium']],
    ['q=chormium', ['chromium']],
    ['q=manipulaton', ['gimp']],
    ['q=gimp+reels', ['gimp', 'reel']],
    ['q=gipm', []],
    ['q=firm', []],
    ['q=zzzzzzzz', []],
  ])('that matches no snap finds similar names and titles: %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('that matches a snap does not find similar ones', async () => {
    await describeSnap('film', 'Unlike spotfy', '');
    expect(await names('q=spotfy')).toEqual(['film']);
    await describeSnap('film', 'Films', '');
  });

  it.each([
    "q='",
    'q=%5C',
    'q=%5C%27',
    'q=%22',
    'q=a%27%20%7C%20%27',
    'q=%28%29%21%26%7C%3A%2A%3C-%3E',
    'q=%25',
    'q=_',
    'q=%00',
    'q=zz%00',
    'q=%F0%9F%98%80',
    'q=%ED%A0%80',
    'q=%E2%80%8F',
    'q=--',
    'q=%0A%3B',
    'name=%5C%25',
    'common-id=%00',
    'category=%22%5D',
    'publisher=%00',
    'publisher=%5C%27',
  ])('is searched literally: %s', async (query) => {
    expect(await names(query)).toEqual([]);
  });

  it('matches a per cent sign or an underscore literally', async () => {
    expect(await names('q=100%25')).toEqual(['gimp']);
    expect(await names('q=m_')).toEqual([]);
  });

  it('must not occur twice', async () => {
    expect((await world.get('/v2/snaps/find?q=a&q=b')).statusCode).toBe(400);
  });
});

describe('other conditions', () => {
  it.each([
    ['', FOR_ANY],
    ['q=', FOR_ANY],
    ['name=vid', ['video', 'video-cutter']],
    ['name=vid&q=cutter', ['video-cutter']],
    ['publisher=acme', FOR_ANY],
    ['publisher=ACME', FOR_ANY],
    ['publisher=acm', []],
    ['publisher=', FOR_ANY],
    ['q=acme', FOR_ANY],
    ['publisher=acme&q=gimp', ['gimp']],
    ['publisher=nobody&q=gimp', []],
    ['confinement=strict&q=reel', []],
    ['confinement=strict,classic&q=reel', ['reel']],
    ['confinement=&q=reel', ['reel']],
    ['confinement=none', []],
    ['channel=stable&q=spotify', []],
    ['channel=latest/edge&q=spotify', ['spotify']],
    ['channel=stable&q=spotfy', []],
    ['private=true', []],
    ['private=false&q=gimp', ['gimp']],
    ['architecture=amd64', EVERYTHING],
    ['architecture=riscv64', ['other-chip']],
    ['architecture=&q=gimp', ['gimp']],
    ['q=&category=featured&architecture=&publisher=&featured=false', FOR_ANY],
  ])('%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('an invalid channel is refused, also if nothing is found', async () => {
    for (const query of ['channel=a/b/c/d', 'channel=a/b/c/d&q=zzzzzzzz']) {
      const reply = await world.get(`/v2/snaps/find?${query}`);
      expect([reply.statusCode, reply.headers['content-type']]).toEqual([400, 'application/json']);
    }
  });

  it.each(['name', 'common-id', 'category', 'publisher', 'confinement'])('%s has a limit', async (name) => {
    const query = (length: number) => `/v2/snaps/find?${name}=${'x'.repeat(length)}`;
    expect((await world.get(query(512))).statusCode).toBe(200);
    expect((await world.get(query(513))).statusCode).toBe(400);
  });

  it('a publisher is not found by the name in an earlier revision of its account', async () => {
    await world.store.query(
      `insert into assertion (type, primary_key, assertion_revision, format, authority_id, sign_key_id, bytes)
       select type, primary_key, assertion_revision + 1, format, authority_id, sign_key_id,
         convert_to(replace(convert_from(bytes, 'UTF8'), 'username: acme', 'username: renamed'), 'UTF8')
       from assertion where type = 'account' and primary_key = '{acme}'`,
    );
    expect(await names('publisher=renamed&q=gimp')).toEqual(['gimp']);
    // Still the account's id.
    expect(await names('publisher=acme&q=gimp')).toEqual(['gimp']);
    expect(await names('publisher=ACME&q=gimp')).toEqual([]);
  });
});

describe('many snaps', () => {
  const MANY = MAX_SEARCH_RESULTS + 1;

  beforeAll(async () => {
    // Only rows: no test requests the files.
    await world.store.query(
      `insert into snap (snap_id, name, publisher_id, type, title, summary, description)
       select rpad('many' || i || 'x', 32, 'x'), 'many-' || to_char(i, 'FM0000'), 'acme', 'app', 'Many', '', ''
       from generate_series(1, $1::integer) i`,
      [MANY],
    );
    await world.store.query(
      `insert into snap_revision (snap_id, revision, sha3_384, version, type, confinement, epoch, architectures,
         snap_yaml, size_bytes, created_at, import_id)
       select s.snap_id, 1, b.sha3_384, '1', 'app', 'strict', '{"read": [0], "write": [0]}', '{amd64}', '', 1, now(), i.id
       from snap s, (select sha3_384 from blob limit 1) b, (select id from import_job limit 1) i where s.name like 'many-%'`,
    );
    await world.store.query(
      `insert into channel_release (snap_id, architecture, track, risk, revision, released_at)
       select snap_id, 'amd64', 'latest', case when name = 'many-' || to_char($1::integer, 'FM0000') then 'stable' else 'edge' end, 1, now()
       from snap where name like 'many-%'`,
      [MANY],
    );
  });

  it('are cut at a limit, best first', async () => {
    const found = await names('q=many');
    expect([found.length, found[0], found.at(-1)]).toEqual([
      MAX_SEARCH_RESULTS,
      'many-0001',
      `many-${String(MAX_SEARCH_RESULTS).padStart(4, '0')}`,
    ]);
  });

  it('do not hide a snap that the device could have', async () => {
    expect(await names('q=many&channel=stable')).toEqual([`many-${String(MANY).padStart(4, '0')}`]);
  });

  it.each([
    ['for a channel that none of them has', 'q=many&channel=9.9/stable', 3],
    ['with a confinement that none of them has', 'q=many&confinement=classic', 3],
    ['for an architecture that no snap supports', 'q=many&architecture=zzz', 0],
    ['with an unknown confinement', 'q=many&confinement=zzz', 0],
  ])('cost no more if the device could have none: %s', async (_what, query, most) => {
    expect(await names('q=many')).toHaveLength(MAX_SEARCH_RESULTS);
    const queries = vi.spyOn(world.store.app.get(DatabaseService), 'query');
    expect(await names(query)).toEqual([]);
    expect(queries.mock.calls.length).toBeLessThanOrEqual(most);
    queries.mockRestore();
  });

  it('are read a few at a time by a server that has just started', async () => {
    const fresh = await createServer();
    const queries = vi.spyOn(fresh.get(DatabaseService), 'query');
    const reply = await fresh.inject({ url: '/v2/snaps/find?q=many', headers: { host: HOST } });
    expect(at(reply.json(), 'results')).toHaveLength(MAX_SEARCH_RESULTS);
    const snapQueries = queries.mock.calls.filter(([text]) => text.includes(SNAP_SQL));
    expect(snapQueries).toHaveLength(MAX_SEARCH_RESULTS / SNAPS_AT_ONCE);
    await fresh.close();
  });
});
