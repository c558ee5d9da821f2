import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { install, outcome } from '../device-api/refresh-actions.js';
import { at, World } from '../device-api/world.js';

let world: World;

beforeAll(async () => {
  world = await World.start();
  for (const revision of [1, 2]) await world.push({ name: 'hello', revision });
  await world.push({ name: 'hello', revision: 3, architectures: ['armhf', 'arm64'] });
  await world.push({ name: 'hello', revision: 4, architectures: ['all'] }, ['latest/edge']);
});
afterAll(() => world.stop());
afterEach(() => {
  vi.useRealTimers();
});

const cli = new Cli(() => world.store.dataDir);

async function offer(channel = 'stable', architecture = 'amd64'): Promise<unknown> {
  return await outcome(world, install('hello', { channel }), { architecture });
}

/** Polls the running server until a device gets the revision. */
async function offered(wanted: number, channel = 'stable', architecture = 'amd64'): Promise<unknown> {
  const revision = (given: unknown) => (Array.isArray(given) ? (given as unknown[])[0] : given);
  return revision(
    await poll(
      () => offer(channel, architecture),
      (given) => revision(given) === wanted,
    ),
  );
}

describe('override', () => {
  it('pins devices to a revision in refresh, info and find, until it is deleted', async () => {
    expect(await offer()).toEqual([2, 'stable']);
    expect(await cli.lines('override', 'hello', 'stable=1')).toEqual(['hello stable amd64 1']);
    expect(await offered(1)).toBe(1);
    // Riskier channels without a release of their own follow.
    expect(await offer('candidate')).toEqual([1, 'stable']);
    const info = await world.get('/v2/snaps/info/hello');
    expect(at(info.json(), 'channel-map', '0')).toMatchObject({
      channel: { name: 'stable', architecture: 'amd64' },
      revision: 1,
    });
    const found = await world.get('/v2/snaps/find?q=hello&fields=revision&channel=stable');
    expect(at(found.json(), 'results', '0', 'revision', 'revision')).toBe(1);
    expect(await cli.lines('list-overrides', 'hello')).toEqual(['hello stable amd64 1 (upstream 2)']);
    expect(await cli.lines('delete-override', 'hello', 'stable')).toEqual([
      'hello stable amd64 is tracking upstream (revision 2)',
    ]);
    expect(await offered(2)).toBe(2);
    expect(await cli.lines('list-overrides', 'hello')).toEqual([]);
  });

  it('is set for the architectures of its revision, and deleted for all of them', async () => {
    expect(await cli.lines('override', 'hello', 'stable=3', 'stable=1')).toEqual([
      'hello stable armhf 3',
      'hello stable arm64 3',
      'hello stable amd64 1',
    ]);
    expect(await cli.lines('list-overrides', 'hello')).toEqual([
      'hello stable amd64 1 (upstream 2)',
      'hello stable arm64 3 (upstream 3)',
      'hello stable armhf 3 (upstream 3)',
    ]);
    // An override for all architectures replaces the others.
    expect(await cli.lines('override', 'hello', 'stable=4', '1.22/edge=4', '--new-track')).toEqual([
      'hello stable all 4',
      'hello 1.22/edge all 4',
    ]);
    expect([await offered(4), await offered(4, 'stable', 'armhf')]).toEqual([4, 4]);
    expect(await cli.lines('list-overrides', 'hello')).toEqual([
      'hello 1.22/edge all 4',
      'hello stable all 4',
    ]);
    expect(await cli.lines('delete-override', 'hello', '1.22/edge')).toEqual([
      'hello 1.22/edge all is tracking upstream (empty)',
    ]);
    await cli.lines('delete-override', 'hello', 'stable');
    expect(await offered(2)).toBe(2);
  });

  it('stays while its channel gets other releases', async () => {
    await cli.lines('override', 'hello', 'stable=1');
    await cli.lines('release', 'hello', '4', 'stable', '--architecture', 'amd64');
    await cli.lines('release', 'hello', '4', 'candidate');
    expect(await offered(4, 'candidate')).toBe(4);
    expect(await offer()).toEqual([1, 'stable']);
    expect(await cli.lines('list-overrides', 'hello')).toEqual(['hello stable amd64 1 (upstream 4)']);
    expect(await cli.lines('delete-override', 'hello', 'stable')).toEqual([
      'hello stable amd64 is tracking upstream (revision 4)',
    ]);
    await cli.lines('rollback', 'hello', 'stable', '--architecture', 'amd64');
    expect(await offered(2)).toBe(2);
  });

  it('expires at its time, in a running server', async () => {
    const end = Date.UTC(2998, 5, 1);
    expect(await cli.lines('override', 'hello', 'stable=1', '--until', '2998-06-01')).toEqual([
      'hello stable amd64 1 until 2998-06-01T00:00:00.000Z',
    ]);
    expect(await offered(1)).toBe(1);
    vi.useFakeTimers({ toFake: ['Date'], now: end - 1 });
    expect(await offer()).toEqual([1, 'stable']);
    vi.setSystemTime(end);
    expect(await offer()).toEqual([2, 'stable']);
    const info = await world.get('/v2/snaps/info/hello');
    expect(at(info.json(), 'channel-map', '0', 'revision')).toBe(2);
    vi.useRealTimers();
    await cli.lines('delete-override', 'hello', 'stable');
  });

  it('can be set separately for each architecture', async () => {
    expect(await cli.lines('override', 'hello', 'stable=1', 'stable=3')).toEqual([
      'hello stable amd64 1',
      'hello stable armhf 3',
      'hello stable arm64 3',
    ]);
    await cli.lines('delete-override', 'hello', 'stable');
    await cli.lines('create-group', 'twice');
  });

  it.each([
    [['nothing', 'stable=1'], 'cannot override nothing: the store holds no snap of that name'],
    [['hello', 'stable=1', 'edge=9'], 'does not hold revision 9; it holds 4, 3, 2, 1'],
    [['hello', 'stable'], '"stable" is not CHANNEL=REVISION'],
    [['hello', 'a/b=1'], 'cannot use channel "a/b"'],
    [['hello', 'stable=x1'], 'give a number from 1'],
    [['hello', 'stable='], 'give a number from 1'],
    [['hello', 'stable=1', 'latest/stable=2'], 'hello stable amd64 is given twice'],
    // Revision 4 is for all architectures, 3 for two of them.
    [['hello', 'stable=1', 'stable=4'], 'hello stable amd64 is given twice'],
    [
      ['hello', 'stable=4', 'stable=3', '--group', 'twice'],
      'hello stable armhf for group twice is given twice',
    ],
    [['hello', 'stable=1', '--until', '2020-01-01T00:00Z'], 'is past'],
    [['hello', 'stable=1', '--until', 'tomorrow'], 'cannot use expiry "tomorrow"'],
    [['hello', 'stabel=3'], 'cannot override hello: the snap never had a track stabel'],
    [['hello', 'stable=1', 'canddiate=1'], 'did you mean candidate? give --new-track to create it'],
    [['hello', '9/edge=1'], 'never had a track 9'],
  ])('refuses %j', async (words, message) => {
    const before = await world.store.state();
    const { status, stdout, stderr } = await cli.run('override', ...words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(await world.store.state()).toEqual(before);
  });

  it.each([
    [['delete-override', 'hello', 'beta'], 'nothing is overridden on beta'],
    [['delete-override', 'nothing', 'beta'], 'holds no snap of that name'],
    [['list-overrides', 'nothing'], 'holds no snap of that name'],
  ])('refuses %j', async (words, message) => {
    const { status, stderr } = await cli.run(...words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(message) as string]);
  });
});

it('a branch expires at its time', async () => {
  const end = Date.UTC(2998, 5, 1);
  await cli.lines('release', 'hello', '1', 'stable/fix', '--until', '2998-06-01');
  expect(await offered(1, 'stable/fix')).toBe(1);
  vi.useFakeTimers({ toFake: ['Date'], now: end - 1 });
  expect(await offer('stable/fix')).toEqual([1, 'stable/fix']);
  vi.setSystemTime(end);
  expect(await offer('stable/fix')).toEqual([2, 'stable']);
});
