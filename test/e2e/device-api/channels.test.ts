import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSnap } from '../../support/test-snaps.js';
import { install, installed, outcome, refreshOf } from './refresh-actions.js';
import { at, HOST, World } from './world.js';

let world: World;
const moved: TestSnap[] = [];

beforeAll(async () => {
  world = await World.start();
  // The data of epoch 0, a bridge, and two that read only what the bridge writes.
  const epochs = ['0', '1*', '1', '{read: [1, 2], write: [2]}'];
  for (const [index, epoch] of epochs.entries())
    moved.push(await world.push({ name: 'moving', revision: index + 1, yaml: `epoch: ${epoch}\n` }));
  await world.push({ name: 'moving', revision: 5, yaml: 'epoch: 1*\n' }, ['latest/edge']);
  for (const [revision, channel] of [
    [1, 'latest/stable'],
    [2, '2.0/stable'],
    [3, '2.0/edge'],
  ] as const)
    await world.push({ name: 'tracked', revision }, [channel]);
  await setDefaultTrack('tracked', '2.0');
});
afterAll(() => world.stop());

/** As a bundle's description would, before any device asked. */
async function setDefaultTrack(name: string, track: string): Promise<void> {
  await world.store.query('update snap set default_track = $2 where name = $1', [name, track]);
}

async function ask(action: object, capabilities?: string): Promise<unknown[]> {
  const reply = await world.store.app.inject({
    method: 'POST',
    url: '/v2/snaps/refresh',
    headers: {
      host: HOST,
      'snap-device-architecture': 'amd64',
      ...(capabilities !== undefined && { 'snap-device-capabilities': capabilities }),
    },
    payload: { context: [], actions: [action] },
  });
  const result = at(reply.json(), 'results', '0');
  return [at(result, 'snap', 'revision'), at(result, 'effective-channel'), at(result, 'redirect-channel')];
}

describe('epochs', () => {
  const epoch = (read: number[], write: number[]) => ({ epoch: { read, write } });
  const [first, bridge, , last] = [0, 1, 2, 3];
  const refreshed = async (index: number | undefined, members: object) => {
    const snap = moved[index ?? 0];
    if (!snap) throw new Error('there are four');
    return await outcome(world, refreshOf(snap), { context: [installed(snap, members)] });
  };

  it('move a device from 0 to the bridge, and from there to the newest', async () => {
    expect(await refreshed(first, epoch([0], [0]))).toEqual([2, 'stable']);
    expect(await refreshed(bridge, epoch([0, 1], [1]))).toEqual([4, 'stable']);
    expect(await refreshed(last, epoch([1, 2], [2]))).toEqual([4, 'stable']);
  });

  it('never use a riskier channel, and never go back', async () => {
    // Revision 5 reads 0 too, but only edge has it.
    expect(await refreshed(first, { revision: 2, ...epoch([0], [0]) })).toEqual([2, 'stable']);
    expect(await refreshed(first, { revision: 3, ...epoch([0], [0]) })).toEqual([3, 'stable']);
    expect(await refreshed(first, { 'tracking-channel': 'edge', ...epoch([0], [0]) })).toEqual([5, 'edge']);
  });

  it('do not move a device if no revision reads its data', async () => {
    expect(await refreshed(first, epoch([9], [9]))).toEqual([1, 'stable']);
    expect(await refreshed(first, { revision: 77, ...epoch([9], [9]) })).toBe('revision-not-found');
  });

  it('apply to an install that replaces a local snap', async () => {
    expect(await outcome(world, install('moving', epoch([0], [0])))).toEqual([2, 'stable']);
    expect(await outcome(world, install('moving'))).toEqual([4, 'stable']);
  });

  it.each([null, '1*', 7, {}, { write: [] }, { write: ['x'] }, { write: [1e300] }, { write: [-1, 0.5] }])(
    'of another form, %j, are ignored',
    async (odd) => {
      expect(await refreshed(first, { revision: 1e300, epoch: odd })).toEqual([4, 'stable']);
    },
  );
});

describe('a default track', () => {
  it.each([
    [undefined, [2, '2.0/stable', '2.0/stable']],
    ['stable', [2, '2.0/stable', '2.0/stable']],
    ['edge', [3, '2.0/edge', '2.0/edge']],
    ['beta', [2, '2.0/stable', '2.0/beta']],
    ['latest/stable', [1, 'stable', undefined]],
    ['2.0', [2, '2.0/stable', undefined]],
  ])('moves an install from %s', async (channel, expected) => {
    expect(await ask(install('tracked', channel === undefined ? {} : { channel }), 'default-tracks')).toEqual(
      expected,
    );
  });

  it('moves an install of a revision by its number, if the channel names no track', async () => {
    const by = (revision: number, channel: string) =>
      ask(install('tracked', { revision, channel }), 'default-tracks');
    expect(await by(2, 'edge')).toEqual([2, '2.0/edge', '2.0/edge']);
    expect(await by(3, 'edge')).toEqual([3, '2.0/edge', '2.0/edge']);
    expect(await by(1, 'stable')).toEqual([1, 'stable', undefined]);
    expect(await by(2, '2.0/stable')).toEqual([2, '2.0/stable', undefined]);
    expect(await ask(install('tracked', { revision: 2 }), 'default-tracks')).toEqual([
      2,
      undefined,
      undefined,
    ]);
  });

  it('moves a download, but no device without that capability', async () => {
    expect(await ask(install('tracked', { action: 'download' }), 'x, default-tracks')).toEqual([
      2,
      '2.0/stable',
      '2.0/stable',
    ]);
    expect(await ask(install('tracked'))).toEqual([1, 'stable', undefined]);
    expect(await ask(install('tracked'), 'others')).toEqual([1, 'stable', undefined]);
  });

  it('does not move installed snaps, nor snaps without a release on it', async () => {
    const snap = { ...(moved[0] as TestSnap), snapId: 'trackedxxxxxxxxxxxxxxxxxxxxxxxxx' };
    expect(await ask(refreshOf(snap, { channel: 'stable' }), 'default-tracks')).toEqual([
      1,
      'stable',
      undefined,
    ]);
    expect(await ask(install('moving'), 'default-tracks')).toEqual([4, 'stable', undefined]);
  });
});
