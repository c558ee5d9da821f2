import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportLines } from '../../../src/imports/import-report.js';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { writePair, type TestSnap } from '../../support/test-snaps.js';
import { install, installed, outcome, refreshOf } from '../device-api/refresh-actions.js';
import { at, World } from '../device-api/world.js';

let world: World;
const snaps: TestSnap[] = [];

beforeAll(async () => {
  world = await World.start();
  for (const revision of [1, 2, 3]) snaps.push(await world.push({ name: 'hello', revision }));
  await world.push({ name: 'hello', revision: 4, architectures: ['arm64', 'armhf'] });
  await world.push({ name: 'hello', revision: 5, architectures: ['all'] }, ['latest/edge']);
});
afterAll(() => world.stop());

const cli = new Cli(() => world.store.dataDir);

/** Polls the running server until a device gets the revision. */
async function offered(channel: string, wanted: number | string, architecture = 'amd64'): Promise<unknown> {
  const ask = async () => {
    const given = await outcome(world, install('hello', { channel }), { architecture });
    return Array.isArray(given) ? (given as unknown[])[0] : given;
  };
  return await poll(ask, (given) => given === wanted);
}

describe('release', () => {
  it('releases a revision to channels for its architectures, and notifies running servers', async () => {
    expect(await offered('stable', 3)).toBe(3);
    expect(await cli.lines('release', 'hello', '1', 'stable', '2.0/candidate', '--new-track')).toEqual([
      'hello stable amd64 1 (was 3)',
      'hello 2.0/candidate amd64 1 (was empty)',
    ]);
    expect(await offered('stable', 1)).toBe(1);
    expect(await offered('2.0/edge', 1)).toBe(1);
    expect(await cli.lines('release', 'hello', '4', 'beta')).toEqual([
      'hello beta arm64 4 (was empty)',
      'hello beta armhf 4 (was empty)',
    ]);
    expect(await offered('beta', 4, 'armhf')).toBe(4);
  });

  it('can be limited to one architecture of several, or of all', async () => {
    expect(
      await cli.lines('release', 'hello', '4', '3/stable', '--architecture', 'armhf', '--new-track'),
    ).toEqual(['hello 3/stable armhf 4 (was empty)']);
    expect(await offered('3', 'revision-not-found', 'arm64')).toBe('revision-not-found');
    expect(await cli.lines('release', 'hello', '5', '3/stable', '--architecture', 's390x')).toEqual([
      'hello 3/stable s390x 5 (was empty)',
    ]);
    expect(await offered('3', 5, 's390x')).toBe(5);
  });

  it('reports an unchanged channel, and adds nothing', async () => {
    const before = await world.store.state();
    expect(await cli.lines('release', 'hello', '1', 'stable', 'latest/stable')).toEqual([
      'hello stable amd64 1 (unchanged)',
    ]);
    expect(await world.store.state()).toEqual(before);
  });

  it('sets the expiry of a branch', async () => {
    expect(await cli.lines('release', 'hello', '2', 'stable/fix', '--until', '2999-12-31')).toEqual([
      'hello stable/fix amd64 2 until 2999-12-31T00:00:00.000Z (was empty)',
    ]);
    expect(await offered('stable/fix', 2)).toBe(2);
  });

  it.each([
    [['nothing', '1', 'stable'], 'cannot release nothing: the store holds no snap of that name'],
    [['hello', '6', 'stable'], 'the store does not hold revision 6; it holds 5, 4, 3, 2, 1'],
    [['hello', '0', 'stable'], 'give a number from 1 to 2147483647'],
    [['hello', '2147483648', 'stable'], 'give a number from 1 to 2147483647'],
    [['hello', '2147483647', 'stable'], 'does not hold revision 2147483647'],
    [['hello', '1', 'stable', 'a/b'], 'cannot use channel "a/b"'],
    [['hello', '4', 'stable', '--architecture', 'amd64'], 'revision 4 is for arm64, armhf, not for amd64'],
    [['hello', '4', 'stable', '--architecture', 'AMD 64'], 'give a Debian architecture name'],
    [['hello', '1', 'stable', '--until', '2999-12-31'], 'only branches (track/risk/branch) expire'],
    [['hello', '1', 'stable/x', '--until', '2020-01-01'], 'it is past'],
    [['hello', '1', 'stable/x', '--until', '2999-02-30'], 'cannot use expiry "2999-02-30"'],
    [
      ['hello', '1', 'stabel'],
      'never had a track stabel (it has latest, 2.0, 3); did you mean stable? give --new-track',
    ],
    [
      ['hello', '1', 'Stable'],
      'never had a track Stable (it has latest, 2.0, 3); did you mean stable? give --new',
    ],
    [['hello', '1', 'stable', 'stabel'], 'never had a track stabel'],
    [
      ['hello', '1', '2.1/candidate'],
      'never had a track 2.1 (it has latest, 2.0, 3); did you mean 2.0? give --new',
    ],
    [['hello', '3', '5', '2.0/candidate'], 'never had a track 5 (it has latest, 2.0, 3); give --new-track'],
    [['hello', '1', 'egde/fix'], '"fix" is not a risk'],
    [
      ['hello', '1', 'latest/stabel'],
      '"stabel" is not a risk (stable, candidate, beta, edge); did you mean stable?',
    ],
  ])('refuses %j', async (words, message) => {
    const before = await world.store.state();
    const { status, stdout, stderr } = await cli.run('release', ...words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(await world.store.state()).toEqual(before);
  });
});

describe('the expiry of a branch', () => {
  const history = async () => {
    const { stdout } = await cli.run('history', 'hello', '--json');
    const { releases } = JSON.parse(stdout) as { releases: Record<string, unknown>[] };
    return releases.map((one) => [one['channel'], one['revision'], one['expires-at']]);
  };
  const END = '2999-12-31T00:00:00.000Z';
  const LATER = '3000-06-01T00:00:00.000Z';

  it('stays until a release changes it, also after close and rollback', async () => {
    const line = `hello stable/kept amd64`;
    await cli.lines('release', 'hello', '1', 'stable/kept', '--until', END);
    const before = await history();
    expect(await cli.lines('release', 'hello', '1', 'stable/kept')).toEqual([
      `${line} 1 until ${END} (unchanged)`,
    ]);
    expect(await history()).toEqual(before);
    expect(await cli.lines('release', 'hello', '2', 'stable/kept')).toEqual([
      `${line} 2 until ${END} (was 1)`,
    ]);
    expect((await cli.lines('history', 'hello'))[1]).toMatch(
      new RegExp(` stable/kept +amd64 +2 until ${END} +operator +machine root$`),
    );
    expect(await cli.lines('close', 'hello', 'stable/kept')).toEqual([`${line} closed (was 2)`]);
    expect(await cli.lines('rollback', 'hello', 'stable/kept')).toEqual([
      `${line} 2 until ${END} (was empty)`,
    ]);
    expect(await cli.lines('rollback', 'hello', 'stable/kept')).toEqual([`${line} 1 until ${END} (was 2)`]);
    expect(await cli.lines('release', 'hello', '1', 'stable/kept', '--until', LATER)).toEqual([
      `${line} 1 until ${LATER} (was until ${END})`,
    ]);
    expect(await cli.lines('release', 'hello', '1', 'stable/kept', '--until', 'never')).toEqual([
      `${line} 1 (was until ${LATER})`,
    ]);
    expect(await cli.lines('release', 'hello', '1', 'stable/kept', '--until', END)).toEqual([
      `${line} 1 until ${END} (was without an expiry)`,
    ]);
    expect((await history())[0]).toEqual(['latest/stable/kept', 1, END]);
  });

  it('stays after a progressive release, and after a push', async () => {
    await cli.lines('release', 'hello', '1', 'stable/shared', '--until', END);
    await cli.lines('release', 'hello', '2', 'stable/shared', '--percentage', '20');
    expect((await history())[0]).toEqual(['latest/stable/shared', 2, END]);
    await cli.lines('release', 'hello', '2', 'stable/shared', '--percentage', '100');
    expect((await history())[0]).toEqual(['latest/stable/shared', 2, END]);
    snaps.push(await world.push({ name: 'hello', revision: 6 }, ['latest/stable/shared']));
    expect((await history())[0]).toEqual(['latest/stable/shared', 6, END]);
  });

  it('is not removed by a rollback if it is past', async () => {
    await cli.lines('release', 'hello', '1', 'stable/over', '--until', END);
    await world.store.query(
      `update channel_release set expires_at = now() - interval '1 day' where branch = 'over'`,
    );
    await cli.lines('release', 'hello', '2', 'stable/over', '--until', END);
    await cli.lines('close', 'hello', 'stable/over');
    expect(await cli.lines('rollback', 'hello', 'stable/over')).toHaveLength(1);
    await cli.lines('close', 'hello', 'stable/over');
    await world.store.query(
      `update channel_release set expires_at = now() - interval '1 day' where branch = 'over' and revision is not null`,
    );
    const before = await world.store.state();
    const { status, stderr } = await cli.run('rollback', 'hello', 'stable/over');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot roll back hello: the earlier release to stable\/over expired at [^\n]+\n$/,
    );
    expect(await world.store.state()).toEqual(before);
  });
});

describe('rollback', () => {
  it('goes back one step at a time, until there is no earlier release', async () => {
    await cli.lines('release', 'hello', '1', '5/stable', '--new-track');
    await cli.lines('release', 'hello', '2', '5/stable');
    await cli.lines('release', 'hello', '3', '5/stable');
    expect(await cli.lines('rollback', 'hello', '5')).toEqual(['hello 5/stable amd64 2 (was 3)']);
    expect(await cli.lines('rollback', 'hello', '5')).toEqual(['hello 5/stable amd64 1 (was 2)']);
    expect(await offered('5', 1)).toBe(1);
    const { status, stderr } = await cli.run('rollback', 'hello', '5');
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('5/stable has no earlier release') as string,
    ]);
  });

  it('reopens a closed channel', async () => {
    expect(await cli.lines('close', 'hello', '5')).toEqual(['hello 5/stable amd64 closed (was 1)']);
    expect(await offered('5', 'revision-not-found')).toBe('revision-not-found');
    expect(await cli.lines('rollback', 'hello', '5/stable', '--json')).toEqual(
      JSON.stringify(
        {
          name: 'hello',
          channels: [{ channel: '5/stable', architecture: 'amd64', revision: 1, 'previous-revision': null }],
        },
        null,
        2,
      ).split('\n'),
    );
    expect(await offered('5', 1)).toBe(1);
  });

  it('uses releases for all architectures as the history of one', async () => {
    for (const revision of [1, 2]) await world.push({ name: 'mixed', revision }, ['latest/edge']);
    for (const revision of [3, 4])
      await world.push({ name: 'mixed', revision, architectures: ['all'] }, ['latest/edge']);
    const release = async (revision: number, channel: string, ...words: string[]) =>
      await cli.lines('release', 'mixed', String(revision), channel, '--new-track', ...words);

    await release(3, 'a/stable');
    expect(await release(4, 'a/stable', '--architecture', 'amd64')).toEqual([
      'mixed a/stable amd64 4 (was 3)',
    ]);
    expect(await cli.lines('rollback', 'mixed', 'a')).toEqual(['mixed a/stable amd64 3 (was 4)']);
    await cli.lines('close', 'mixed', 'a', '--architecture', 'amd64');
    expect(await cli.lines('rollback', 'mixed', 'a', '--architecture', 'amd64')).toEqual([
      'mixed a/stable amd64 3 (was empty)',
    ]);

    for (const revision of [1, 2, 3]) await release(revision, 'b/stable');
    expect(await cli.lines('rollback', 'mixed', 'b')).toEqual(['mixed b/stable amd64 2 (was 3)']);

    for (const revision of [3, 4, 1]) await release(revision, 'c/stable');
    expect(await cli.lines('rollback', 'mixed', 'c')).toEqual([
      'mixed c/stable all 3 (was 4)',
      'mixed c/stable amd64 4 (was 1)',
    ]);
    const given = async (architecture: string) =>
      await outcome(world, install('mixed', { channel: 'c' }), { architecture });
    expect(
      await poll(
        () => given('amd64'),
        (one) => at(one, '0') === 4,
      ),
    ).toEqual([4, 'c/stable']);
    expect(await given('arm64')).toEqual([3, 'c/stable']);
  });
});

describe('close', () => {
  it('gives devices the next safer risk', async () => {
    await cli.lines('release', 'hello', '3', 'candidate');
    expect(await offered('candidate', 3)).toBe(3);
    expect(await cli.lines('close', 'hello', 'candidate')).toEqual(['hello candidate amd64 closed (was 3)']);
    expect(await offered('candidate', 1)).toBe(1);
  });

  it('closes one architecture of a release for all', async () => {
    expect(await offered('edge', 5)).toBe(5);
    expect(await cli.lines('close', 'hello', 'edge', '--architecture', 'amd64')).toEqual([
      'hello edge amd64 closed (was 5)',
    ]);
    expect(await offered('edge', 1)).toBe(1);
    expect(await offered('edge', 5, 'riscv64')).toBe(5);
  });

  it.each([
    [['nothing', 'stable'], 'holds no snap of that name'],
    [['hello', 'stable', '9/stable'], 'nothing is released to 9/stable'],
    [['hello', 'stable', '--architecture', 's390x'], 'nothing is released to latest/stable for s390x'],
  ])('refuses %j', async (words, message) => {
    const before = await world.store.state();
    const { status, stderr } = await cli.run('close', ...words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(message) as string]);
    expect(await world.store.state()).toEqual(before);
  });
});

describe('history', () => {
  it('lists all releases with their origin, the newest first', async () => {
    const [head, ...lines] = await cli.lines('history', 'hello');
    expect(head?.split(/ {2,}/)).toEqual(['Since', 'Channel', 'Architecture', 'Revision', 'Origin', 'By']);
    expect(lines[0]?.split(/ {2,}/).slice(1)).toEqual([
      'edge',
      'amd64',
      'closed',
      'operator',
      'machine root',
    ]);
    expect(lines.at(-1)?.split(/ {2,}/).slice(1)).toEqual([
      'stable',
      'amd64',
      '1',
      'hello_1.snap',
      'store server',
    ]);
    const { stdout } = await cli.run('history', 'hello', '--json', '--architecture', 'armhf');
    const { releases } = JSON.parse(stdout) as { releases: Record<string, unknown>[] };
    expect(releases.map(({ channel, revision, origin }) => [channel, revision, origin])).toEqual([
      ['3/stable', 4, 'operator'],
      ['latest/beta', 4, 'operator'],
      ['latest/stable', 4, 'import'],
    ]);
  });

  it('refuses an unknown snap', async () => {
    expect((await cli.run('history', 'nothing')).stderr).toContain('holds no snap of that name');
  });
});

describe('info', () => {
  const END = '2999-12-31T00:00:00.000Z';
  const cells = (line = '') => line.split(/ {2,}/);

  it('shows a snap with its channels, overrides and revisions', async () => {
    for (const revision of [1, 2]) await world.push({ name: 'shown', revision });
    await world.push({ name: 'shown', revision: 3, architectures: ['arm64'] }, ['latest/edge']);
    await cli.lines('release', 'shown', '1', 'stable/fix', '--until', END);
    await cli.lines('release', 'shown', '1', 'stable', '--percentage', '20');
    await cli.lines('override', 'shown', 'stable=1', '--until', END);
    await cli.lines('set-default-track', 'shown', 'latest');
    const lines = await cli.lines('info', 'shown');
    const day = new Date().toISOString().slice(0, 10);
    const sizes = await world.store.query<{ size: string }>(
      `select size_bytes as size from snap_revision join snap using (snap_id) where name = 'shown' order by revision`,
    );
    const [one, two, three] = sizes.map(({ size }) => size);
    expect(lines[0]).toBe('name:          shown');
    expect(lines).toContain('default-track: latest (chosen with set-default-track)');
    expect(lines).toContain(
      `revisions:     3 (${Number(one) + Number(two) + Number(three)} with components)`,
    );
    const lineOf = (head: string) => lines.findIndex((line) => line.startsWith(head));
    expect(lines.slice(lineOf('Channel '), lineOf('Override ') - 1).map(cells)).toEqual([
      ['Channel', 'Architecture', 'Version', 'Revision', 'Released', 'Notes'],
      ['stable', 'amd64', '1.0', '1', day, 'to 20% of the devices'],
      ['stable/fix', 'amd64', '1.0', '1', day, `until ${END}`],
      ['edge', 'arm64', '3.0', '3', day, '-'],
    ]);
    expect(cells(lines[lineOf('Override ') + 1])).toEqual(['stable', 'amd64', '1.0', '1', 'all', END]);
    expect(lines.slice(lineOf('Revision ') + 1).map((line) => cells(line).slice(0, 3))).toEqual([
      ['3', '3.0', 'arm64'],
      ['2', '2.0', 'amd64'],
      ['1', '1.0', 'amd64'],
    ]);
    const json = JSON.parse((await cli.lines('info', 'shown', '--json')).join('\n')) as unknown;
    expect(json).toMatchObject({
      name: 'shown',
      'default-track': 'latest',
      'total-size': Number(one) + Number(two) + Number(three),
      channels: expect.arrayContaining([
        expect.objectContaining({ channel: 'latest/stable/fix', revision: 1, 'expires-at': END }),
        expect.objectContaining({ channel: 'latest/stable', revision: 1, percentage: 20 }),
      ]) as unknown,
      overrides: [{ channel: 'latest/stable', architecture: 'amd64', revision: 1, 'expires-at': END }],
    });
  });

  it('refuses an unknown snap', async () => {
    expect((await cli.run('info', 'nothing')).stderr).toBe(
      'error: cannot show "nothing": the store holds no snap of that name (see `list-pushed-snaps`)\n',
    );
  });
});

describe('a push after a change by the operator', () => {
  const push = async (revision: number, force = false) => {
    const snap = world.publisher.snap({ name: 'decided', revision });
    const file = await writePair(world.store.directory, snap);
    return reportLines(await world.store.push(file, { pushChannelMap: force }));
  };

  it('with a bundle made before the change does not move the channel, and reports that', async () => {
    await push(1);
    await push(2);
    await cli.lines('rollback', 'decided', 'stable');
    const before = await world.store.state();
    expect(await push(2)).toContain(
      '[snap decided] latest/stable (amd64) stays at revision 1, as the operator decided after revision 2 (use --push-channel-map to move it).',
    );
    expect(await world.store.state()).toEqual(before);
    await cli.lines('close', 'decided', 'stable');
    expect((await push(2)).join()).toContain('stays closed, as the operator decided');
  });

  it('with a newer revision, or with --push-channel-map, moves the channel', async () => {
    expect(await push(2, true)).toContain('[snap decided] Channelmaps were successfully updated.');
    await cli.lines('close', 'decided', 'stable');
    expect(await push(3)).toContain('[snap decided] Channelmaps were successfully updated.');
  });
});

it('a device with an unknown revision gets the revision of its channel', async () => {
  const [snap] = snaps;
  if (!snap) throw new Error('there are snaps');
  const context = [installed(snap, { revision: 77 })];
  const { results } = await world.refresh([refreshOf(snap)], { context });
  expect([results[0]?.['result'], at(results[0], 'snap', 'revision')]).toEqual(['refresh', 1]);
});
