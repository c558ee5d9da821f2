import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, ORIGIN, World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'hello', revision: 1, version: '1.10' }, ['2.0/beta', 'latest/edge']);
  await world.push({ name: 'hello', revision: 2 }, ['latest/edge/fix', '1.0/stable', 'latest/candidate']);
  await world.push({ name: 'hello', revision: 3 }, ['latest/stable']);
  await world.push({ name: 'hello', revision: 4, architectures: ['arm64'] }, ['latest/stable']);
  await world.push({ name: 'arm-only', revision: 1, architectures: ['arm64'] });
  await world.push({ name: 'hello-edge', revision: 1, yaml: 'title: Édge "quoted"\n' }, ['latest/edge']);
  await world.push({ name: 'branch-only', revision: 1 }, ['latest/stable/fix']);
  await world.push({
    name: 'for-all',
    revision: 1,
    architectures: ['all'],
    yaml: 'apps:\n  ctl: {common-id: org.example.app}\n',
  });
});
afterAll(() => world.stop());

interface Info {
  readonly name: string;
  readonly 'snap-id': string;
  readonly snap: Record<string, unknown>;
  readonly 'channel-map': (Record<string, unknown> & { channel: Record<string, string>; revision: number })[];
}

async function info(path: string, headers?: Record<string, string>): Promise<Info> {
  const reply = await world.get(`/v2/snaps/info/${path}`, headers);
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json']);
  return reply.json<Info>();
}

async function names(query: string): Promise<string[]> {
  const reply = await world.get(`/v2/snaps/find${query}`);
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json']);
  return reply.json<{ results: { name: string }[] }>().results.map(({ name }) => name);
}

describe('info', () => {
  it('lists the default track first, each track from the safest risk, without branches', async () => {
    const { 'channel-map': map } = await info('hello?architecture=amd64');
    expect(
      map.map(({ channel, revision }) => [channel['track'], channel['risk'], channel['name'], revision]),
    ).toEqual([
      ['latest', 'stable', 'stable', 3],
      ['latest', 'candidate', 'candidate', 2],
      ['latest', 'edge', 'edge', 1],
      ['1.0', 'stable', '1.0/stable', 2],
      ['2.0', 'beta', '2.0/beta', 1],
    ]);
  });

  it('lists the releases for the requested architecture', async () => {
    const revisions = async (path: string, headers?: Record<string, string>) =>
      (await info(path, headers))['channel-map'].map(({ revision }) => revision);
    expect(await revisions('hello?architecture=arm64')).toEqual([4]);
    expect(await revisions('hello', { 'snap-device-architecture': 'arm64' })).toEqual([4]);
    expect(await revisions('hello?architecture=amd64', { 'snap-device-architecture': 'arm64' })).toContain(3);
    expect(await revisions('for-all?architecture=riscv64')).toEqual([1]);
  });

  it('names the requested architecture in the channel, also for a release for all', async () => {
    const architectures = async (path: string) =>
      (await info(path))['channel-map'].map(({ channel }) => channel['architecture']);
    expect(await architectures('for-all?architecture=riscv64')).toEqual(['riscv64']);
    expect(await architectures('for-all?architecture=mips')).toEqual(['mips']);
    expect(await architectures('hello?architecture=arm64')).toEqual(['arm64']);
  });

  it('lists all architectures if none is requested, like the official store', async () => {
    const rows = async (path: string, headers?: Record<string, string>) =>
      (await info(path, headers))['channel-map'].map(
        ({ channel, revision }) => `${channel['name']} ${channel['architecture']} ${revision}`,
      );
    const all = [
      'stable amd64 3',
      'stable arm64 4',
      'candidate amd64 2',
      'edge amd64 1',
      '1.0/stable amd64 2',
      '2.0/beta amd64 1',
    ];
    expect(await rows('hello')).toEqual(all);
    expect(await rows('hello?architecture=', { 'snap-device-series': '16' })).toEqual(all);
    expect(await rows('arm-only')).toEqual(['stable arm64 1']);
    const official = ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 'riscv64', 's390x'];
    expect(await rows('for-all')).toEqual(official.map((name) => `stable ${name} 1`));
  });

  it('has name and snap-id twice, for any fields', async () => {
    for (const path of [
      'hello',
      'hello?fields=version',
      'hello?fields=channel-map',
      'hello?fields=nonsense',
    ]) {
      const { name, 'snap-id': snapId, snap } = await info(path);
      expect([name, snap['name'], snap['snap-id']]).toEqual(['hello', 'hello', snapId]);
    }
  });

  it('answers with the requested fields, and always the channel', async () => {
    const answer = await info('hello?fields=title,version,download,unheard-of');
    expect(Object.keys(answer.snap).toSorted()).toEqual(['name', 'snap-id', 'title']);
    for (const entry of answer['channel-map'])
      expect(Object.keys(entry).toSorted()).toEqual(['channel', 'download', 'version']);
  });

  it('answers each device with its fields, independent of other requests', async () => {
    const ask = async (...fields: string[]) => {
      const actions = [{ action: 'install', 'instance-key': 'i', name: 'hello' }];
      const { results } = await world.refresh(actions, { fields });
      return Object.keys(at(results[0], 'snap') as object).toSorted();
    };
    expect(await ask('epoch,revision,version')).toEqual([]);
    expect(await ask('epoch', 'revision', 'version')).toEqual(['epoch', 'revision', 'version']);
  });

  it.each(['', '?fields='])(
    'answers with the fields that snapd shows if none is requested (%j)',
    async (query) => {
      const { snap, 'channel-map': map } = await info(`hello${query}`);
      expect(Object.keys(snap)).toEqual(
        expect.arrayContaining([
          'title',
          'summary',
          'description',
          'publisher',
          'links',
          'media',
          'categories',
          'private',
          'prices',
        ]),
      );
      expect(Object.keys(map[0] ?? {})).toEqual(
        expect.arrayContaining([
          'revision',
          'version',
          'type',
          'confinement',
          'base',
          'epoch',
          'created-at',
          'architectures',
          'download',
        ]),
      );
      expect(map[0]?.['download']).toMatchObject({
        url: expect.stringMatching(`^${ORIGIN}/`) as string,
        deltas: [],
      });
    },
  );

  it('keeps strings unchanged', async () => {
    expect((await info('hello-edge')).snap['title']).toBe('Édge "quoted"');
    expect((await info('hello?fields=version'))['channel-map'].map(({ version }) => version)).toContain(
      '1.10',
    );
  });

  it.each([
    ['nothing', 'an unknown name'],
    ['hello?architecture=riscv64', 'an architecture without releases'],
    ['branch-only', 'branches alone'],
    ['Hello', 'another case'],
    ['hello_key', 'an instance'],
    ['a%00', 'a NUL'],
    ['..%2f..', 'a path'],
  ])('%s is not found: %s', async (path) => {
    const reply = await world.get(`/v2/snaps/info/${path}`);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([404, 'application/json']);
    expect(reply.json()).toEqual({
      'error-list': [{ code: 'resource-not-found', message: expect.any(String) as string }],
    });
  });

  it('accepts fields up to a maximum length', async () => {
    const query = (length: number) => `hello?fields=${'x'.repeat(length)}`;
    expect((await world.get(`/v2/snaps/info/${query(4_096)}`)).statusCode).toBe(200);
    expect((await world.get(`/v2/snaps/info/${query(4_097)}`)).statusCode).toBe(400);
  });
});

describe('the connectivity check', () => {
  it('uses the first download and finds it by HEAD', async () => {
    const { 'channel-map': map } = await info('hello?fields=download&architecture=amd64');
    const [first] = map.map(({ download }) => download as { url: string; size: number });
    const head = await world.get(new URL(first?.url ?? '').pathname, {}, 'HEAD');
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(first?.size)]);
  });
});

describe('find', () => {
  it.each([
    ['?q=hello', ['hello', 'hello-edge']],
    ['?q=HELLO', ['hello', 'hello-edge']],
    ['?q=hello-edge', ['hello-edge']],
    ['?q=quoted', ['hello-edge']],
    ['?q=hello&channel=stable', ['hello']],
    ['?q=hello&channel=edge', ['hello', 'hello-edge']],
    ['?q=hello&channel=', ['hello', 'hello-edge']],
    ['?q=hello&architecture=arm64', ['hello']],
    ['?q=hello&confinement=strict,classic&scope=wide', ['hello', 'hello-edge']],
    ['?name=hell', ['hello', 'hello-edge']],
    ['?name=hello-', ['hello-edge']],
    ['?name=ello', []],
    ['?name=%25', []],
    ['?common-id=org.example.app', ['for-all']],
    ['?common-id=org.example', []],
    ['?q=nothing-like-it', []],
    ['?q=%25', []],
    ['?q=_', []],
    ['?q=%00', []],
    ['?category=none', []],
    ['?category=featured', ['arm-only', 'branch-only', 'for-all', 'hello', 'hello-edge']],
    ['?q=arm-only', ['arm-only']],
    ['?q=arm-only&channel=edge', ['arm-only']],
    ['?q=arm-only&architecture=arm64', ['arm-only']],
    ['?name=arm-&architecture=amd64', []],
  ])('%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('answers fields on both sides', async () => {
    const reply = await world.get(
      '/v2/snaps/find?q=hello&channel=stable&fields=title,publisher,media,revision,version,channel,download,confinement',
    );
    expect(reply.json()).toEqual({
      results: [
        {
          name: 'hello',
          'snap-id': expect.stringMatching(/^hellox+$/) as string,
          snap: {
            title: 'hello',
            media: [],
            publisher: { id: 'acme', username: 'acme', 'display-name': 'Acme Corp', validation: 'unproven' },
          },
          revision: {
            revision: 3,
            version: '3.0',
            channel: 'stable',
            confinement: 'strict',
            download: { size: expect.any(Number) as number },
          },
        },
      ],
    });
  });

  it('accepts a query up to a maximum length', async () => {
    expect((await world.get(`/v2/snaps/find?q=${'x'.repeat(512)}`)).statusCode).toBe(200);
    const refused = await world.get(`/v2/snaps/find?q=${'x'.repeat(513)}`);
    expect([refused.statusCode, refused.headers['content-type']]).toEqual([400, 'application/json']);
  });
});

describe('the daily catalogue', () => {
  it('has its keys in the order in which snapd reads them as a stream', async () => {
    const reply = await world.get('/api/v1/snaps/names?confinement=strict,classic');
    expect(reply.body.startsWith('{"_embedded":{"clickindex:package":[{')).toBe(true);
    const packages = reply.json<{ _embedded: { 'clickindex:package': object[] } }>()._embedded[
      'clickindex:package'
    ];
    expect(packages).toContainEqual({
      package_name: 'for-all',
      version: '1.0',
      summary: 'Summary of for-all',
      apps: ['ctl'],
      aliases: [],
    });
    expect(packages).toHaveLength(4);
  });

  it('has sections and categories', async () => {
    expect((await world.get('/api/v1/snaps/sections')).json()).toEqual({
      _embedded: { 'clickindex:sections': [] },
    });
    expect((await world.get('/v2/snaps/categories')).json()).toEqual({ categories: [] });
  });
});
