import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { tarOf } from '../../support/tar-file.js';
import { install } from '../device-api/refresh-actions.js';
import { at, HOST, World } from '../device-api/world.js';

let world: World;
let imports = 0;

/** Pushes a bundle with a default track in its metadata. */
async function push(revision: number, defaultTrack: string): Promise<void> {
  const snap = world.publisher.snap({ name: 'tracked', revision });
  const release = (track: string) => ({
    channel: {
      architecture: 'amd64',
      risk: 'stable',
      track,
      'released-at': `2026-01-0${revision}T00:00:00Z`,
    },
    revision,
  });
  const info = {
    name: 'tracked',
    'snap-id': snap.snapId,
    'default-track': defaultTrack,
    'channel-map': ['latest', '1', '2'].map(release),
    snap: {},
  };
  const bytes = await tarOf([
    { name: 'tracked/tracked.assert', bytes: encodeStream(snap.assertions) },
    { name: 'tracked/info.json', bytes: Buffer.from(JSON.stringify(info)) },
    { name: `tracked/tracked_${revision}.snap`, bytes: snap.bytes },
  ]);
  const path = join(world.store.directory, `bundle-${(imports += 1)}.tar.gz`);
  await writeFile(path, bytes);
  await world.store.push(path);
}

beforeAll(async () => {
  world = await World.start();
  await push(1, '1');
});
afterAll(() => world.stop());

const cli = new Cli(() => world.store.dataDir);

async function redirect(): Promise<unknown> {
  const reply = await world.store.app.inject({
    method: 'POST',
    url: '/v2/snaps/refresh',
    headers: { host: HOST, 'snap-device-capabilities': 'default-tracks' },
    payload: { context: [], actions: [install('tracked', { channel: 'stable' })] },
  });
  return at(reply.json(), 'results', '0', 'redirect-channel');
}

async function redirected(wanted: string | undefined): Promise<unknown> {
  return await poll(redirect, (channel) => channel === wanted);
}

it('is the choice of the operator, also after a push with another one', async () => {
  expect(await redirect()).toBe('1/stable');
  expect(await cli.ok('set-default-track', 'tracked', '2')).toBe('tracked default track 2\n');
  expect(await redirected('2/stable')).toBe('2/stable');
  const info = await world.get('/v2/snaps/info/tracked');
  expect(at(info.json(), 'default-track')).toBe('2');
  expect(at(info.json(), 'channel-map', '0', 'channel', 'track')).toBe('2');
  await push(2, 'latest');
  expect(await redirect()).toBe('2/stable');
  expect(await cli.ok('set-default-track', 'tracked', '2')).toBe('tracked default track 2 (unchanged)\n');
});

it('can be removed, and reset to the imported one', async () => {
  expect(await cli.ok('set-default-track', 'tracked', '--none')).toBe('tracked default track none\n');
  expect(await redirected(undefined)).toBeUndefined();
  await push(3, '1');
  expect(await redirect()).toBeUndefined();
  expect(JSON.parse(await cli.ok('set-default-track', 'tracked', '--imported', '--json'))).toEqual({
    name: 'tracked',
    'default-track': '1',
    changed: true,
  });
  expect(await redirected('1/stable')).toBe('1/stable');
});

it('is used by a search with only a risk, as by an install', async () => {
  await world.push({ name: 'narrow', revision: 1 }, ['2.0/stable']);
  await cli.ok('set-default-track', 'narrow', '2.0');
  const found = async (channel: string, capabilities = 'default-tracks') => {
    const reply = await world.get(`/v2/snaps/find?q=narrow&channel=${channel}&fields=revision,channel`, {
      'snap-device-capabilities': capabilities,
    });
    return reply.json<{ results: { revision: unknown }[] }>().results.map(({ revision }) => revision);
  };
  const once = async (channel: string) =>
    await poll(
      () => found(channel),
      ({ length }) => length > 0,
    );
  const narrow = { revision: 1, channel: '2.0/stable' };
  expect(await once('stable')).toEqual([narrow]);
  expect(await found('edge')).toEqual([narrow]);
  expect([await found('latest/stable'), await found('stable', '')]).toEqual([[], []]);
  await world.push({ name: 'narrow', revision: 2 }, ['latest/edge']);
  const latest = { revision: 2, channel: 'edge' };
  expect(await once('latest/edge')).toEqual([latest]);
  expect([await found('edge'), await found('edge', '')]).toEqual([[narrow], [latest]]);
});

it.each([
  [['tracked'], 'give either a track, or --none, or --imported'],
  [['tracked', '2', '--none'], 'give either a track, or --none, or --imported'],
  [['tracked', '--none', '--imported'], 'give either a track, or --none, or --imported'],
  [['nothing', '2'], 'cannot set the default track of nothing: the store holds no snap of that name'],
  [['tracked', '7'], 'nothing is released to track 7; the snap has 1, 2, latest'],
  [['tracked', 'stable'], 'cannot use default track "stable": give a track alone'],
  [['tracked', '2/stable'], 'cannot use default track "2/stable": give a track alone'],
  [['tracked', 'a b'], '"a b" is not a track or branch name'],
])('refuses %j in one line, and changes nothing', async (words, why) => {
  const before = await world.store.state();
  const { status, stdout, stderr } = await cli.run('set-default-track', ...words);
  expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
  expect(stderr).toContain(why);
  expect(await world.store.state()).toEqual(before);
});
