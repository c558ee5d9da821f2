import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSnap } from '../../support/test-snaps.js';
import { install, installed, outcome, refreshOf } from './refresh-actions.js';
import { at, World } from './world.js';

let world: World;
let one: TestSnap;
let two: TestSnap;
let branch: TestSnap;

beforeAll(async () => {
  world = await World.start();
  one = await world.push({ name: 'hello', revision: 1 });
  two = await world.push({ name: 'hello', revision: 2 }, ['latest/beta', '2.0/candidate']);
  branch = await world.push({ name: 'hello', revision: 3 }, ['latest/edge/fix']);
  await world.push({ name: 'everywhere', revision: 9, architectures: ['all'] });
});
afterAll(() => world.stop());

describe('refresh', () => {
  it('answers with the same revision if it is current', async () => {
    expect(await outcome(world, refreshOf(one), { context: [installed(one)] })).toEqual([1, 'stable']);
  });

  it('answers with the revision of the tracked channel, also a lower one', async () => {
    const onBeta = installed(one, { 'tracking-channel': 'latest/beta' });
    expect(await outcome(world, refreshOf(one), { context: [onBeta] })).toEqual([2, 'beta']);
    expect(await outcome(world, refreshOf(two), { context: [installed(two)] })).toEqual([1, 'stable']);
  });

  it('allows an action with a different channel or a revision', async () => {
    const context = [installed(one)];
    expect(await outcome(world, refreshOf(one, { channel: 'edge/fix' }), { context })).toEqual([
      3,
      'edge/fix',
    ]);
    expect(await outcome(world, refreshOf(one, { revision: 3 }), { context })).toEqual([
      branch.revision,
      undefined,
    ]);
  });

  it('accepts a refresh without a context', async () => {
    expect(await outcome(world, refreshOf(one))).toEqual([1, 'stable']);
  });

  it('reports an unknown snap-id', async () => {
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

  it('never answers for snaps that are only in the context, with any action', async () => {
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

  it('ignores held, validation sets and unknown members', async () => {
    const members = {
      held: { by: ['system', 'snap'] },
      'validation-sets': [['16', 'acme', 'set', '1']],
      'ignore-validation': true,
      'refreshed-date': '2026-01-01T00:00:00Z',
      'from-the-future': [{ nested: null }],
    };
    const options = { context: [installed(one, members)], 'from-the-future': 1 };
    expect(await outcome(world, refreshOf(one, members), options)).toEqual([1, 'stable']);
    expect(await outcome(world, install('hello', members), options)).toEqual([1, 'stable']);
  });
});

describe('several actions', () => {
  it('have one result each, in order, independent of each other', async () => {
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
  it('are the requested ones that are known', async () => {
    const { results } = await world.refresh([install('hello')], {
      fields: ['version', 'title', 'unheard-of'],
    });
    expect(at(results[0], 'snap')).toEqual({ version: '1.0', title: 'hello' });
  });

  it.each([
    ['absent', {}],
    ['empty', { fields: [] }],
    ['null', { fields: null }],
  ])('are all fields if they are %s', async (_name, members) => {
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
