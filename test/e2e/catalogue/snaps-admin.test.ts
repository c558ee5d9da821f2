import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SnapListQuery } from '../../../src/catalogue/snap-list-query.js';
import { MAX_PAGE_ROWS } from '../../../src/common/limits.js';
import { DatabaseService } from '../../../src/database/database.service.js';
import { MAX_SNAP_SEARCH_LENGTH } from '../../../src/imports/snaps.dto.js';
import { addManySnaps } from '../../support/many-snaps.js';
import { World } from '../device-api/world.js';
import { AdminWorld, HOSTILE_TEXTS, type AdminReply, type AdminRequest } from '../management/admin-world.js';

const MANY = 2_500;

let world: World;
let admin: AdminWorld;
let token: string;
let names: string[];

beforeAll(async () => {
  world = await World.start();
  admin = AdminWorld.of(world.store);
  token = await admin.token('reader', 'viewer', ['read']);
  names = await addManySnaps(world.store.databaseUrl, 1, MANY);
  for (const revision of [1, 2])
    await world.push({ name: 'hello', revision, version: `v${revision}`, base: 'core22' });
  await world.push({ name: 'hello', revision: 3, architectures: ['arm64'] }, ['2.0/edge']);
  await world.push({ name: 'everywhere', revision: 1, architectures: ['all'] });
});
afterAll(() => world.stop());

async function ask(path = '', more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await admin.ask({ token, ...more, path: `/admin/v1/snaps${path}` });
}

const items = ({ json }: AdminReply) => json['items'] as Record<string, unknown>[];
const namesOf = (reply: AdminReply) => items(reply).map(({ name }) => name);

/** Every item of a list, page by page. */
async function all(path: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let after = ''; ;) {
    const page = await ask(`${path}${after}`);
    expect(page.status).toBe(200);
    found.push(...items(page));
    if (page.json['next'] === null) return found;
    after = `&after=${page.json['next'] as string}`;
  }
}

describe('the list', () => {
  it('shows each snap once, by name, in either direction', async () => {
    const expected = [...names, 'everywhere', 'hello'].toSorted();
    expect((await all('?limit=999')).map(({ name }) => name)).toEqual(expected);
    expect((await all('?limit=999&sort=-name')).map(({ name }) => name)).toEqual(expected.toReversed());
  });

  it('shows each snap once, by its last change, in either direction', async () => {
    const first = (await all('?limit=700&sort=updated')).map(({ name }) => name);
    expect(first.toSorted()).toEqual([...names, 'everywhere', 'hello'].toSorted());
    expect(first.slice(-2)).toEqual(['hello', 'everywhere']);
    const last = (await all('?limit=700&sort=-updated')).map(({ name }) => name);
    expect(last).toEqual(first.toReversed());
  });

  it('has what an operator looks for', async () => {
    const [snap] = items(await ask('?name-prefix=hello'));
    expect(snap).toEqual({
      name: 'hello',
      'snap-id': expect.stringMatching(/^hello/) as string,
      title: expect.any(String) as string,
      summary: expect.any(String) as string,
      type: 'app',
      'publisher-id': 'acme',
      store: null,
      private: false,
      categories: [],
      'default-track': null,
      architectures: ['amd64', 'arm64'],
      revision: 3,
      version: expect.any(String) as string,
      revisions: 3,
      'size-bytes': expect.any(Number) as number,
      'updated-at': expect.stringMatching(/Z$/) as string,
    });
  });

  it('is filtered, by one thing or several', async () => {
    await admin.query(`insert into store (store_id, brand_id) values ('acme-store', 'acme')`);
    await admin.query(`update snap set store_id = 'acme-store' where name in ('many-00007', 'many-00008')`);
    await admin.query(
      `update snap set chosen_categories = '[{"name": "games", "featured": false}]' where name = 'many-00008'`,
    );
    await admin.query(
      `update snap set categories = '[{"name": "games", "featured": true}]' where name = 'hello'`,
    );
    const found = async (query: string) => namesOf(await ask(`?${query}`));
    expect(await found('store=acme-store')).toEqual(['many-00007', 'many-00008']);
    expect(await found('store=ubuntu&name-prefix=many-0000')).toHaveLength(7);
    expect(await found('category=games')).toEqual(['hello', 'many-00008']);
    expect(await found('category=featured')).toEqual(['hello']);
    expect(await found('category=games&store=acme-store')).toEqual(['many-00008']);
    expect(await found('architecture=arm64')).toEqual(['everywhere', 'hello']);
    expect(await found('channel=2.0/edge')).toEqual(['hello']);
    expect(await found('channel=2.0/edge&architecture=amd64')).toEqual([]);
    expect(await found('channel=latest/stable&architecture=arm64')).toEqual(['everywhere']);
    expect(await found('channel=stable&name-prefix=he')).toEqual(['hello']);
    expect(await found('name-prefix=many-0250')).toEqual(['many-02500']);
    expect(await found('publisher=acme&name-prefix=e')).toEqual(['everywhere']);
    expect(await found('publisher=nobody')).toEqual([]);
    expect(await found('type=kernel')).toEqual([]);
  });

  it('is searched in names, titles and words', async () => {
    const found = async (q: string) => namesOf(await ask(`?limit=5&q=${encodeURIComponent(q)}`));
    expect(await found('ELL')).toEqual(['hello']);
    expect(await found('any-02499')).toEqual(['many-02499']);
    expect(await found('2499 summary')).toEqual(['many-02499']);
    expect(await found('%')).toEqual([]);
    expect(await found('_')).toEqual([]);
    expect(await found('\\')).toEqual([]);
    expect(await found(`'"<|&!:*()`)).toEqual([]);
  });

  it('needs one query of the snaps for a page, and the index of its order', async () => {
    const query = vi.spyOn(world.store.app.get(DatabaseService), 'query');
    expect(items(await ask('?limit=100'))).toHaveLength(100);
    const asked = query.mock.calls.map(([text]) => text);
    query.mockRestore();
    expect(asked.filter((text) => /\bsnap\b/.test(text))).toHaveLength(1);
    for (const [order, index] of [
      ['name', 'snap_name_order_idx'],
      ['-updated', 'snap_updated_order_idx'],
    ] as const) {
      const list = new SnapListQuery({}, { order, limit: 101 });
      const sql = list.statement();
      const values = list.parameters.map((value) => String(value));
      const statement = sql.replaceAll(/\$(\d+)/g, (_all, at: string) => values[Number(at) - 1] ?? '');
      const plan = await admin.query<Record<string, string>>(`explain ${statement}`);
      expect(JSON.stringify(plan)).toContain(index);
      expect(JSON.stringify(plan)).not.toContain('Seq Scan on snap ');
    }
  });

  it('leaves out a snap without a name', async () => {
    await admin.query(`update snap set name = '' where name = 'many-00001'`);
    expect(namesOf(await ask('?limit=2&name-prefix=many'))).toEqual(['many-00002', 'many-00003']);
    await admin.query(`update snap set name = 'many-00001' where name = ''`);
  });

  it.each([
    [`limit=${MAX_PAGE_ROWS}`, `limit=${MAX_PAGE_ROWS + 1}`, 'limit'],
    ['limit=1', 'limit=0', 'limit'],
    [`q=${'x'.repeat(MAX_SNAP_SEARCH_LENGTH)}`, `q=${'x'.repeat(MAX_SNAP_SEARCH_LENGTH + 1)}`, 'q'],
    ['q=x', 'q=', 'q'],
    [`name-prefix=${'x'.repeat(40)}`, `name-prefix=${'x'.repeat(41)}`, 'name-prefix'],
    [`store=${'x'.repeat(128)}`, `store=${'x'.repeat(129)}`, 'store'],
    [`category=${'x'.repeat(64)}`, `category=${'x'.repeat(65)}`, 'category'],
    [`architecture=${'x'.repeat(32)}`, `architecture=${'x'.repeat(33)}`, 'architecture'],
    [`publisher=${'x'.repeat(32)}`, `publisher=${'x'.repeat(33)}`, 'publisher'],
    ['sort=name', 'sort=size', 'sort'],
    ['type=gadget', 'type=gadgets', 'type'],
    ['channel=stable', 'channel=stable/a/b/c', 'channel'],
    ['q=x', 'nothing=x', 'nothing'],
    ['q=x', 'q=x&q=y', 'q'],
  ])('takes %s, and refuses %s', async (within, beyond, field) => {
    expect((await ask(`?${within}`)).status).toBe(200);
    const refused = await ask(`?${beyond}`);
    expect([refused.status, refused.json['errors']]).toMatchObject([400, [{ field }]]);
  });

  it('refuses the cursor of another order, or a forged one', async () => {
    const cursor = (...keys: unknown[]) => Buffer.from(JSON.stringify(keys)).toString('base64url');
    const { json } = await ask('?limit=1&sort=updated');
    expect((await ask(`?sort=name&after=${String(json['next'])}`)).status).toBe(400);
    for (const forged of [
      cursor('updated', 'now', 'x'),
      cursor('updated', '9999-99-99T00:00:00.000000Z', 'x'),
      cursor('updated', 'x'),
      cursor('updated', 1, 'x'),
      cursor('updated', '2026-01-01T00:00:00.000000Z', 'a\0b'),
      '%00',
    ])
      expect((await ask(`?sort=updated&after=${forged}`)).status).toBe(400);
    expect(namesOf(await ask(`?limit=1&after=${cursor('name', 'x', `'; drop table snap`)}`))).toEqual([
      'everywhere',
    ]);
  });
});

describe('one snap', () => {
  it('has its channels, overrides, pictures, deltas and devices', async () => {
    const { snapId } = { snapId: String(items(await ask('?name-prefix=hello'))[0]?.['snap-id']) };
    for (const [serial, revision] of [
      ['1', 2],
      ['2', 2],
      ['3', 1],
    ])
      await admin.query(
        `insert into device (brand_id, model, serial, serial_trust, snaps, first_seen_at, last_seen_at)
         values ('acme', 'box', '${serial}', 'own',
           '[{"snap-id": "${snapId}", "revision": ${revision}}, {"snap-id": "other", "revision": 9}]', now(), now())`,
      );
    const reply = await ask('/hello');
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      name: 'hello',
      'snap-id': snapId,
      type: 'app',
      publisher: { id: 'acme', username: 'acme' },
      store: null,
      private: false,
      'default-track': null,
      revisions: 3,
      components: 0,
      overrides: [],
      deltas: { ready: 0, 'size-bytes': 0 },
      pictures: [],
      devices: {
        total: 3,
        revisions: [
          { revision: 2, devices: 2 },
          { revision: 1, devices: 1 },
        ],
      },
    });
    expect(reply.json['channels']).toMatchObject([
      { channel: 'latest/stable', architecture: 'amd64', revision: 2 },
      { channel: '2.0/edge', architecture: 'arm64', revision: 3 },
    ]);
  });

  it('has its revisions in pages, with the push that brought them', async () => {
    const revisions = await all('/hello/revisions?limit=1');
    expect(revisions.map(({ revision }) => revision)).toEqual([3, 2, 1]);
    expect(revisions[1]).toEqual({
      revision: 2,
      version: 'v2',
      type: 'app',
      base: 'core22',
      confinement: 'strict',
      architectures: ['amd64'],
      'size-bytes': expect.any(Number) as number,
      'sha3-384': expect.stringMatching(/^[0-9a-f]{96}$/) as string,
      provenance: 'global-upload',
      'created-at': expect.any(String) as string,
      import: {
        id: expect.any(Number) as number,
        source: 'hello_2.snap',
        kind: expect.any(String) as string,
        'bundle-created-at': null,
        at: expect.any(String) as string,
        actor: { kind: 'store', name: 'server' },
      },
    });
  });

  it('has its deltas in pages, newest first', async () => {
    const [{ snapId } = { snapId: '' }] = await admin.query<{ snapId: string }>(
      `select snap_id as "snapId" from snap where name = 'hello'`,
    );
    for (const [source, target] of [
      [1, 2],
      [1, 3],
      [2, 3],
    ])
      await admin.query(
        `insert into snap_delta (snap_id, source_revision, target_revision, state, reason)
         values ('${snapId}', ${source}, ${target}, 'failed', 'no space') on conflict do nothing`,
      );
    const deltas = await all('/hello/deltas?limit=1');
    expect(deltas.map(({ source, target }) => [source, target])).toEqual([
      [2, 3],
      [1, 3],
      [1, 2],
    ]);
    expect(deltas[0]).toMatchObject({
      format: 'xdelta3',
      state: 'failed',
      reason: 'no space',
      'size-bytes': null,
    });
  });

  it('has its components in pages', async () => {
    await admin.query(
      `insert into snap_component (snap_id, name, revision, sha3_384, size_bytes, type, description, provenance,
         created_at, import_id)
       select s.snap_id, c.name, c.revision, r.sha3_384, 7, 'standard', '', 'global-upload', now(), r.import_id
       from snap s join snap_revision r using (snap_id),
         (values ('docs', 1), ('docs', 2), ('lang', 1)) c (name, revision)
       where s.name = 'everywhere'`,
    );
    await admin.query(
      `insert into snap_component_pair (snap_id, snap_revision, name, revision, provenance)
       select snap_id, 1, 'docs', 2, 'global-upload' from snap where name = 'everywhere'`,
    );
    const components = await all('/everywhere/components?limit=1');
    expect(components.map(({ name, revision }) => [name, revision])).toEqual([
      ['docs', 2],
      ['docs', 1],
      ['lang', 1],
    ]);
    expect(components[0]).toMatchObject({ type: 'standard', 'size-bytes': 7, 'snap-revisions': [1] });
    expect((await ask('/everywhere')).json).toMatchObject({ components: 3 });
  });

  it.each(HOSTILE_TEXTS)('%s is refused wherever a text is expected', async (_what, text) => {
    const inPath = encodeURIComponent(text);
    const parts = ['', '/revisions', '/components', '/deltas'];
    const paths = [
      ...parts.map((part) => `/${inPath}${part}`),
      ...parts.map((part) => `${part === '' ? '' : `/hello${part}`}?after=${inPath}`),
      ...['name-prefix', 'store', 'category', 'architecture', 'channel', 'type', 'publisher', 'sort'].map(
        (parameter) => `?${parameter}=${inPath}`,
      ),
    ];
    for (const path of paths) {
      const { status, json } = await ask(path);
      expect([path.slice(0, 60), status]).toEqual([path.slice(0, 60), expect.toBeOneOf([400, 404, 414])]);
      expect(json['detail']).toMatch(/^[^\p{Cc}]+$/u);
    }
    expect((await ask(`?q=${inPath}`)).status).toBeOneOf([200, 400, 414]);
  });

  it('that the store does not hold is not found', async () => {
    for (const part of ['', '/revisions', '/components', '/deltas'])
      expect((await ask(`/nothing${part}`)).status).toBe(404);
  });

  it('is for readers alone', async () => {
    const releaser = await admin.token('releaser', 'operator', ['release']);
    for (const path of ['', '/hello', '/hello/revisions']) {
      expect((await ask(path, { token: releaser })).status).toBe(403);
      expect((await ask(path, { token: undefined })).status).toBe(401);
    }
  });
});
