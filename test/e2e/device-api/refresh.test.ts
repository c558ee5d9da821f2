import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { digestToBase64url } from '../../../src/common/digest.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { at, ORIGIN, World } from './world.js';

let world: World;
let one: TestSnap;
let two: TestSnap;
let branch: TestSnap;

const fields = ['revision', 'version', 'download', 'name', 'snap-id'];

beforeAll(async () => {
  world = await World.start();
  one = await world.push({ name: 'hello', revision: 1 });
  two = await world.push({ name: 'hello', revision: 2 }, ['latest/beta', '2.0/candidate']);
  branch = await world.push({ name: 'hello', revision: 3 }, ['latest/edge/fix']);
  await world.push({ name: 'hello', revision: 4, architectures: ['arm64'] });
  await world.push({ name: 'only-arm', revision: 7, architectures: ['arm64'] }, ['latest/edge']);
  await world.push({ name: 'everywhere', revision: 9, architectures: ['all'] });
  await world.push({ name: 'closed', revision: 5 }, ['latest/stable', 'latest/candidate']);
  await closeChannel('closed', 'stable');
});
afterAll(() => world.stop());

/** What an operator's `close` does. */
async function closeChannel(name: string, risk: string): Promise<void> {
  const client = new Client({ connectionString: world.store.databaseUrl });
  await client.connect();
  await client.query(
    `insert into channel_release (snap_id, architecture, track, risk, branch, revision, released_at, import_id)
     select snap_id, architecture, track, risk, branch, null, now(), import_id from channel_release
     join snap using (snap_id) where name = $1 and risk = $2`,
    [name, risk],
  );
  await client.query(`select pg_notify('catalogue', snap_id) from snap where name = $1`, [name]);
  await client.end();
}

const install = (name: string, members: object = {}) => ({
  action: 'install',
  'instance-key': 'install-1',
  name,
  epoch: null,
  ...members,
});
const installed = (snap: TestSnap, members: object = {}) => ({
  'snap-id': snap.snapId,
  'instance-key': snap.snapId,
  revision: snap.revision,
  'tracking-channel': 'latest/stable',
  epoch: { read: [0], write: [0] },
  ...members,
});
const refreshOf = (snap: TestSnap, members: object = {}) => ({
  action: 'refresh',
  'instance-key': snap.snapId,
  'snap-id': snap.snapId,
  ...members,
});

/** Revision and channel of the only result, or the error's code. */
async function outcome(
  action: object,
  options: { context?: object[]; architecture?: string } = {},
): Promise<unknown> {
  const { results } = await world.refresh([action], options);
  expect(results).toHaveLength(1);
  const [result] = results;
  return at(result, 'result') === 'error'
    ? at(result, 'error', 'code')
    : [at(result, 'snap', 'revision'), at(result, 'effective-channel')];
}

describe('install and download', () => {
  it('answers whole results, with hex digest and absolute URL', async () => {
    for (const action of ['install', 'download']) {
      const reply = await world.refresh([install('hello', { action, channel: 'stable' })], {
        fields,
      } as object);
      expect(reply).toEqual({
        'error-list': [],
        results: [
          {
            result: action,
            'instance-key': 'install-1',
            'snap-id': one.snapId,
            name: 'hello',
            'effective-channel': 'stable',
            'released-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as string,
            snap: {
              revision: 1,
              version: '1.0',
              name: 'hello',
              'snap-id': one.snapId,
              download: {
                url: `${ORIGIN}/api/v1/snaps/download/${one.snapId}_1.snap`,
                size: one.bytes.length,
                'sha3-384': one.digest.toString('hex'),
                deltas: [],
              },
            },
          },
        ],
      });
    }
  });

  it('names one file in hex in JSON and in base64url in the URL of its assertion', async () => {
    const { results } = await world.refresh([install('hello')]);
    const hex = at(results[0], 'snap', 'download', 'sha3-384');
    expect(hex).toMatch(/^[0-9a-f]{96}$/);
    const digest = digestToBase64url(Buffer.from(String(hex), 'hex'));
    const assertion = await world.get(`/v2/assertions/snap-revision/${digest}`);
    expect(assertion.rawPayload.equals(one.snapRevision.bytes)).toBe(true);
  });

  it.each([
    ['no channel', {}, [1, 'stable']],
    ['an empty channel', { channel: '' }, [1, 'stable']],
    ['stable', { channel: 'stable' }, [1, 'stable']],
    ['a full name', { channel: 'latest/stable' }, [1, 'stable']],
    ['candidate, falls to stable', { channel: 'candidate' }, [1, 'stable']],
    ['beta', { channel: 'beta' }, [2, 'beta']],
    ['edge, falls to beta', { channel: 'edge' }, [2, 'beta']],
    ['a branch', { channel: 'edge/fix' }, [3, 'edge/fix']],
    ['a branch, in full', { channel: 'latest/edge/fix' }, [3, 'edge/fix']],
    ['a branch that is not there, falls to its risk', { channel: 'beta/none' }, [2, 'beta']],
    ['a branch that is not there, falls further', { channel: 'edge/none' }, [2, 'beta']],
    ['a track, stable, with nothing at that risk', { channel: '2.0' }, 'revision-not-found'],
    ['a track at a risk', { channel: '2.0/candidate' }, [2, '2.0/candidate']],
    ['a track, riskier', { channel: '2.0/edge' }, [2, '2.0/candidate']],
    ['a track that is not there', { channel: '9' }, 'revision-not-found'],
    ['a channel that is none', { channel: 'a/b/c/d' }, 'invalid-channel'],
    ['a revision in a channel', { revision: 2 }, [2, '2.0/candidate']],
    ['a revision on a branch', { revision: 3 }, [3, 'edge/fix']],
    ['a revision wins over the channel', { revision: 1, channel: 'beta' }, [1, 'stable']],
    ['a revision for another architecture', { revision: 4 }, 'revision-not-found'],
    ['a revision that is not there', { revision: 99 }, 'revision-not-found'],
    ['the highest number', { revision: 2_147_483_647 }, 'revision-not-found'],
    ['revision 0', { revision: 0 }, 'revision-not-found'],
    ['null members', { revision: null, channel: null }, [1, 'stable']],
  ])('%s', async (_name, members, expected) => {
    if (Array.isArray(expected) && expected[0] === 2 && 'revision' in members) {
      // It is in two channels; either is true of it.
      expect(await outcome(install('hello', members))).toEqual([
        2,
        expect.stringMatching(/^(?:2\.0\/candidate|beta)$/),
      ]);
    } else expect(await outcome(install('hello', members))).toEqual(expected);
  });

  it('falls past a closed channel, and not above it', async () => {
    expect(await outcome(install('closed', { channel: 'edge' }))).toEqual([5, 'candidate']);
    expect(await outcome(install('closed', { channel: 'stable' }))).toBe('revision-not-found');
    expect(await outcome(install('closed', { revision: 5 }))).toEqual([5, 'candidate']);
  });

  it('does not offer a closed channel as a place to look', async () => {
    const { results } = await world.refresh([install('closed', { channel: 'stable' })]);
    expect(at(results[0], 'error', 'extra')).toEqual({
      releases: [{ architecture: 'amd64', channel: 'candidate' }],
    });
  });

  it('selects by architecture, and `all` matches every one', async () => {
    expect(await outcome(install('hello'), { architecture: 'arm64' })).toEqual([4, 'stable']);
    expect(await outcome(install('everywhere'), { architecture: 's390x' })).toEqual([9, 'stable']);
    expect(await outcome(install('hello'), { architecture: 's390x' })).toBe('revision-not-found');
  });

  it('names the snap, and the releases of other architectures, where there is no revision', async () => {
    expect((await world.refresh([install('only-arm', { channel: 'edge' })])).results).toEqual([
      {
        result: 'error',
        'instance-key': 'install-1',
        name: 'only-arm',
        'snap-id': expect.stringMatching(/^onlyarm/) as string,
        error: {
          code: 'revision-not-found',
          message: expect.any(String) as string,
          extra: { releases: [{ architecture: 'arm64', channel: 'edge' }] },
        },
      },
    ]);
  });

  it.each(['nothing', 'UPPER', 'a\u0000b', '../etc', '%', 'x'.repeat(100_000)])(
    'does not know a snap by an odd name (%#)',
    async (name) => {
      for (const action of ['install', 'download'])
        expect((await world.refresh([install(name, { action })])).results).toEqual([
          {
            result: 'error',
            'instance-key': 'install-1',
            name,
            error: { code: 'name-not-found', message: expect.any(String) as string },
          },
        ]);
    },
  );

  it('needs a name', async () => {
    expect(await outcome({ action: 'install', 'instance-key': 'install-1' })).toBe('name-not-found');
  });
});

describe('refresh', () => {
  it('answers the same revision where it is current', async () => {
    expect(await outcome(refreshOf(one), { context: [installed(one)] })).toEqual([1, 'stable']);
  });

  it('answers the revision of the tracked channel, a lower one too', async () => {
    const onBeta = installed(one, { 'tracking-channel': 'latest/beta' });
    expect(await outcome(refreshOf(one), { context: [onBeta] })).toEqual([2, 'beta']);
    expect(await outcome(refreshOf(two), { context: [installed(two)] })).toEqual([1, 'stable']);
  });

  it('lets the action change the channel or name the revision', async () => {
    const context = [installed(one)];
    expect(await outcome(refreshOf(one, { channel: 'edge/fix' }), { context })).toEqual([3, 'edge/fix']);
    expect(await outcome(refreshOf(one, { revision: 3 }), { context })).toEqual([
      branch.revision,
      'edge/fix',
    ]);
  });

  it('answers a refresh that has no context', async () => {
    expect(await outcome(refreshOf(one))).toEqual([1, 'stable']);
  });

  it('does not know a snap-id', async () => {
    const stranger = { ...one, snapId: 'strangerstrangerstrangerstranger' };
    expect((await world.refresh([refreshOf(stranger)], { context: [installed(stranger)] })).results).toEqual([
      {
        result: 'error',
        'instance-key': stranger.snapId,
        'snap-id': stranger.snapId,
        error: { code: 'id-not-found', message: expect.any(String) as string },
      },
    ]);
  });

  it('echoes parallel instance keys, each with its own channel', async () => {
    const keys = [`${one.snapId}:aGFzaA`, `${one.snapId}:b3RoZXI`];
    const channels = ['latest/stable', 'latest/beta'];
    const { results } = await world.refresh(
      keys.map((key) => refreshOf(one, { 'instance-key': key })),
      {
        context: keys.map((key, index) =>
          installed(one, { 'instance-key': key, 'tracking-channel': channels[index] }),
        ),
      },
    );
    expect(results.map((result) => [result['instance-key'], at(result, 'snap', 'revision')])).toEqual([
      [keys[0], 1],
      [keys[1], 2],
    ]);
  });

  it('never answers what is only in the context, of whatever action it goes along with', async () => {
    const stranger = installed({ ...one, snapId: 'strangerstrangerstrangerstranger' });
    const context = [installed(one), stranger];
    expect((await world.refresh([], { context })).results).toEqual([]);
    const reply = await world.refresh([install('everywhere'), refreshOf(one)], { context });
    expect(reply.results.map(({ result, name }) => [result, name])).toEqual([
      ['install', 'everywhere'],
      ['refresh', 'hello'],
    ]);
    expect(reply['error-list']).toEqual([]);
  });

  it('ignores held, validation sets, cohorts and members that are new', async () => {
    const members = {
      held: { by: ['system', 'snap'] },
      'validation-sets': [['16', 'acme', 'set', '1']],
      'cohort-key': 'cohort',
      'ignore-validation': true,
      'refreshed-date': '2026-01-01T00:00:00Z',
      'from-the-future': [{ nested: null }],
    };
    const options = { context: [installed(one, members)], 'from-the-future': 1 };
    expect(await outcome(refreshOf(one, members), options)).toEqual([1, 'stable']);
    expect(await outcome(install('hello', members), options)).toEqual([1, 'stable']);
  });
});

describe('several actions', () => {
  it('have one result each, in order, whatever becomes of the others', async () => {
    const actions = [
      install('nothing'),
      refreshOf(one),
      install('hello', { 'instance-key': 'install-2' }),
      { action: 'refresh-all', 'instance-key': 'x' },
      { 'instance-key': 'y' },
      install('hello', { action: 'download', 'instance-key': 'download-1', channel: '/' }),
      { action: 'fetch-assertions', key: 'AAA', assertions: [] },
    ];
    const { results } = await world.refresh(actions, { context: [installed(one)] });
    expect(
      results.map((result) => [
        result['result'],
        result['instance-key'] ?? result['key'],
        at(result, 'error', 'code'),
      ]),
    ).toEqual([
      ['error', 'install-1', 'name-not-found'],
      ['refresh', one.snapId, undefined],
      ['install', 'install-2', undefined],
      ['error', 'x', 'invalid-action'],
      ['error', 'y', 'invalid-action'],
      ['error', 'download-1', 'invalid-channel'],
      ['fetch-assertions', 'AAA', undefined],
    ]);
  });

  it('may share an instance key', async () => {
    const { results } = await world.refresh([
      install('hello'),
      install('hello', { channel: 'beta' }),
      install('none'),
    ]);
    expect(results.map(({ result, 'instance-key': key }) => [result, key])).toEqual([
      ['install', 'install-1'],
      ['install', 'install-1'],
      ['error', 'install-1'],
    ]);
  });

  it('are answered the same twice in a row', async () => {
    const body = { context: [installed(one)], actions: [refreshOf(one), install('everywhere')] };
    const first = await world.post(body);
    expect(first.statusCode).toBe(200);
    expect((await world.post(body)).body).toBe(first.body);
  });
});

describe('fields', () => {
  it('are those asked for, known ones only', async () => {
    const { results } = await world.refresh([install('hello')], {
      fields: ['version', 'title', 'unheard-of'],
    } as object);
    expect(at(results[0], 'snap')).toEqual({ version: '1.0', title: 'hello' });
  });

  it.each([
    ['absent', {}],
    ['empty', { fields: [] }],
    ['null', { fields: null }],
  ])('are all where they are %s', async (_name, members) => {
    const { results } = await world.refresh([install('hello')], members);
    const snap = at(results[0], 'snap');
    expect(Object.keys(snap as object)).toEqual(
      expect.arrayContaining([
        'name',
        'snap-id',
        'revision',
        'download',
        'type',
        'epoch',
        'base',
        'confinement',
        'snap-yaml',
      ]),
    );
    expect(at(snap, 'snap-yaml')).toMatch(/^name: hello\n/);
    expect(at(snap, 'epoch')).toEqual({ read: [0], write: [0] });
  });
});
