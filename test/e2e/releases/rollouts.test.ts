import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SerialTrust } from '../../../src/brand-stores/device-session.js';
import { mintSession } from '../../../src/devices/session-token.js';
import { MAX_GROUP_MEMBERS, MAX_GROUPS } from '../../../src/groups/device-group.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { install } from '../device-api/refresh-actions.js';
import { at, HOST, World } from '../device-api/world.js';

const SECRET = 'ab'.repeat(32);

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.store.app.get(SettingsService).set([['proxy.device-auth.secret', SECRET]]);
  for (const revision of [1, 2, 3]) await world.push({ name: 'hello', revision });
  await world.push({ name: 'hello', revision: 4, architectures: ['all'] }, ['latest/edge']);
  for (const revision of [1, 2, 3]) await world.push({ name: 'other', revision });
});
afterAll(() => world.stop());
afterEach(() => {
  vi.useRealTimers();
});

const cli = new Cli(() => world.store.dataDir);

interface Who {
  readonly serial?: string;
  readonly model?: string;
  readonly storeId?: string;
  readonly trust?: SerialTrust;
}

/** The headers of a device with a session. */
function headersOf({ serial = 's1', model = 'm', storeId, trust = 'known-brand' }: Who) {
  const device = { brandId: 'brand', model, serial, ...(storeId !== undefined && { storeId }) };
  const token = mintSession(Buffer.from(SECRET, 'hex'), device, trust, Date.now());
  return { 'snap-device-authorization': `Macaroon root="${token}"` };
}

/** The revision that a device gets; undefined is a device without a session. */
async function offer(who?: Who, name = 'hello', channel = 'stable'): Promise<unknown> {
  const reply = await world.store.app.inject({
    method: 'POST',
    url: '/v2/snaps/refresh',
    headers: { host: HOST, 'snap-device-architecture': 'amd64', ...(who && headersOf(who)) },
    payload: { context: [], actions: [install(name, { channel })] },
  });
  return at(reply.json(), 'results', '0', 'snap', 'revision');
}

async function offered(wanted: number, who?: Who): Promise<unknown> {
  return await poll(
    () => offer(who),
    (revision) => revision === wanted,
  );
}

describe('an override for a group', () => {
  const member: Who = { serial: 'in' };

  beforeAll(async () => {
    expect(await cli.lines('create-group', 'canary')).toEqual(['group canary created']);
    expect(await cli.lines('add-to-group', 'canary', '--serial', 'brand/m/in')).toEqual([
      'group canary: 1 added',
    ]);
  });

  it('applies only to its devices, in refresh, info and find, until it is deleted', async () => {
    expect(await cli.lines('override', 'hello', 'stable=1', '--group', 'canary')).toEqual([
      'hello stable amd64 1 for group canary',
    ]);
    expect(await offered(1, member)).toBe(1);
    expect([await offer(), await offer({ serial: 'out' }), await offer({ model: 'x' })]).toEqual([3, 3, 3]);
    for (const [headers, revision] of [
      [headersOf(member), 1],
      [undefined, 3],
    ] as const) {
      const info = await world.get('/v2/snaps/info/hello', headers);
      expect(at(info.json(), 'channel-map', '0', 'revision')).toBe(revision);
      const found = await world.get('/v2/snaps/find?q=hello&fields=revision&channel=stable', headers);
      expect(at(found.json(), 'results', '0', 'revision', 'revision')).toBe(revision);
    }
    expect(await cli.lines('list-overrides', 'hello')).toEqual([
      'hello stable amd64 1 (upstream 3) for group canary',
    ]);
    expect(await cli.lines('delete-override', 'hello', 'stable', '--group', 'canary')).toEqual([
      'hello stable amd64 for group canary is tracking upstream (revision 3)',
    ]);
    expect(await offered(3, member)).toBe(3);
  });

  it('has precedence over one for all devices, which stays when it is deleted', async () => {
    await cli.lines('override', 'hello', 'stable=2');
    await cli.lines('override', 'hello', 'stable=1', '--group', 'canary');
    expect(await offered(1, member)).toBe(1);
    expect(await offer()).toBe(2);
    expect(await cli.lines('list-overrides', 'hello')).toEqual([
      'hello stable amd64 2 (upstream 3)',
      'hello stable amd64 1 (upstream 3) for group canary',
    ]);
    await cli.lines('delete-override', 'hello', 'stable', '--group', 'canary');
    expect(await offered(2, member)).toBe(2);
    await cli.lines('delete-override', 'hello', 'stable');
    expect(await offered(3, member)).toBe(3);
  });

  it('applies to devices by model and by store, and not to devices with an unverified serial', async () => {
    await cli.lines('override', 'hello', 'stable=1', '--group', 'canary');
    await cli.lines('add-to-group', 'canary', '--model', 'brand/kiosk', '--store', 'acme-store');
    expect(await offered(1, { model: 'kiosk' })).toBe(1);
    expect(await offer({ storeId: 'acme-store', trust: 'own' })).toBe(1);
    expect(await offer({ storeId: 'acme-stores' })).toBe(3);
    for (const made of [member, { model: 'kiosk' }, { storeId: 'acme-store' }])
      expect(await offer({ ...made, trust: 'unknown' })).toBe(3);
    expect(await cli.lines('remove-from-group', 'canary', '--model', 'brand/kiosk')).toEqual([
      'group canary: 1 removed',
    ]);
    expect(await offered(3, { model: 'kiosk' })).toBe(3);
    expect(await offer(member)).toBe(1);
  });

  it('expires at its time', async () => {
    const end = Date.UTC(2998, 5, 1);
    expect(
      await cli.lines('override', 'hello', 'stable=2', '--group', 'canary', '--until', '2998-06-01'),
    ).toEqual(['hello stable amd64 2 for group canary until 2998-06-01T00:00:00.000Z']);
    expect(await offered(2, member)).toBe(2);
    vi.useFakeTimers({ toFake: ['Date'], now: end - 1 });
    expect(await offer(member)).toBe(2);
    vi.setSystemTime(end);
    expect(await offer(member)).toBe(3);
  });

  it('is not in the names catalogue, and does not apply to devices in no group', async () => {
    const reply = await world.get('/api/v1/snaps/names');
    const names = at(reply.json(), '_embedded', 'clickindex:package') as unknown[];
    expect(names.map((one) => [at(one, 'package_name'), at(one, 'version')])).toContainEqual([
      'hello',
      '3.0',
    ]);
  });

  it('prevents the deletion of its group', async () => {
    expect((await cli.run('delete-group', 'canary')).stderr).toBe(
      'error: cannot delete group canary: hello has an override for it; see `snap-store-proxy list-overrides SNAP`\n',
    );
    await cli.lines('delete-override', 'hello', 'stable', '--group', 'canary');
    expect(await cli.lines('delete-group', 'canary')).toEqual(['group canary deleted']);
  });
});

describe('groups', () => {
  it('are listed with their members', async () => {
    await cli.lines('create-group', 'one');
    await cli.lines('create-group', 'empty');
    await cli.lines('add-to-group', 'one', '--store', 'acme', '--serial', 'b/m/s_1', '--model', 'b/m');
    expect(await cli.lines('add-to-group', 'one', '--store', 'acme', '--model', 'b/n')).toEqual([
      'group one: 1 added',
    ]);
    expect((await cli.lines('list-groups')).map((line) => line.split(/ {2,}/))).toEqual([
      ['Group', 'Kind', 'Member'],
      ['empty', '-', '-'],
      ['one', 'model', 'b/m'],
      ['one', 'model', 'b/n'],
      ['one', 'serial', 'b/m/s_1'],
      ['one', 'store', 'acme'],
    ]);
    expect(JSON.parse((await cli.lines('list-groups', '--json')).join('\n'))).toMatchObject({
      groups: [{ name: 'empty', members: [] }, { name: 'one' }],
    });
  });

  it.each([
    [['create-group', 'one'], 'a group has this name already'],
    [['create-group', 'One'], 'cannot use group "One"'],
    [['create-group', 'x'.repeat(41)], 'give up to 40 lower-case letters'],
    [['delete-group', 'none'], 'group none does not exist'],
    [['add-to-group', 'none', '--store', 'x'], 'group none does not exist'],
    [['add-to-group', 'one'], 'name devices with --serial, --model or --store'],
    [['add-to-group', 'one', '--serial', 'b/m'], 'cannot use serial "b/m": give BRAND/MODEL/SERIAL'],
    [['add-to-group', 'one', '--model', 'b//m'], 'cannot use model "b//m": give BRAND/MODEL'],
    [['add-to-group', 'one', '--store', 'b/m'], 'cannot use store "b/m": give a store id'],
    [['add-to-group', 'one', '--store', 'x'.repeat(257)], 'cannot use store'],
    [['remove-from-group', 'one', '--store', 'acme', '--store', 'y'], 'store y is not in it'],
    [['override', 'hello', 'stable=1', '--group', 'none'], 'cannot override: group none does not exist'],
    [['override', 'hello', 'stable=1', '--group', 'No'], 'cannot use group "No"'],
    [
      ['delete-override', 'hello', 'stable', '--group', 'one'],
      'nothing is overridden on stable for group one',
    ],
  ])('refuses %j, and changes nothing', async (words, why) => {
    const before = await world.store.state();
    const { status, stdout, stderr } = await cli.run(...words);
    expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
    expect(stderr).toContain(why);
    expect(await world.store.state()).toEqual(before);
  });

  it('are limited in number, and in their members', async () => {
    await cli.lines('create-group', 'x'.repeat(40));
    await world.store.query(
      `insert into device_group_member select 'empty', 'store', 's' || i from generate_series(1, ${MAX_GROUP_MEMBERS - 1}) i`,
    );
    expect(await cli.lines('add-to-group', 'empty', '--store', 'last')).toEqual(['group empty: 1 added']);
    expect((await cli.run('add-to-group', 'empty', '--store', 'more')).stderr).toContain(
      'a group can have 10000 members at most',
    );
    await world.store.query(
      `insert into device_group select 'g' || i from generate_series(1, ${MAX_GROUPS - 4}) i`,
    );
    await cli.lines('create-group', 'last');
    expect((await cli.run('create-group', 'more')).stderr).toContain('a store can have 100 groups at most');
    await world.store.query('delete from device_group');
  });
});

describe('a release to a percentage', () => {
  const DEVICES = Array.from({ length: 100 }, (_, index) => ({ serial: `sn-${index}` }));
  const reached = async (): Promise<Set<string>> => {
    const got = await Promise.all(
      DEVICES.map(async (who) => [who.serial, await offer(who, 'other')] as const),
    );
    expect(got.every(([, revision]) => revision === 1 || revision === 2)).toBe(true);
    return new Set(got.flatMap(([serial, revision]) => (revision === 2 ? [serial] : [])));
  };
  const settledAt = async (revision: number) =>
    await poll(
      () => offer(undefined, 'other'),
      (given) => given === revision,
    );

  beforeAll(async () => {
    await cli.lines('release', 'other', '1', 'stable');
    expect(await settledAt(1)).toBe(1);
  });

  it('applies to more and more devices, each of which keeps it, and finally to all', async () => {
    expect(await cli.lines('release', 'other', '2', 'stable', '--percentage', '20')).toEqual([
      'other stable amd64 2 to 20% of the devices (1 to the others)',
    ]);
    const first = await poll(reached, ({ size }) => size > 0);
    expect(first.size).toBeLessThan(40);
    expect(await reached()).toEqual(first);
    await cli.lines('release', 'other', '2', 'stable', '--percentage', '60');
    const second = await poll(reached, ({ size }) => size > first.size);
    expect([...first].every((serial) => second.has(serial))).toBe(true);
    expect(second.size).toBeLessThan(90);
    // Devices with an unverified serial are counted too. Devices without a session get the earlier revision.
    const [anybody = ''] = first;
    expect(await offer({ serial: anybody, trust: 'unknown' }, 'other')).toBe(2);
    expect(await offer(undefined, 'other')).toBe(1);
    const info = await world.get('/v2/snaps/info/other', headersOf({ serial: anybody }));
    expect(at(info.json(), 'channel-map', '0', 'revision')).toBe(2);
    expect(await cli.lines('release', 'other', '2', 'stable', '--percentage', '100')).toEqual([
      'other stable amd64 2 (was 1, and 2 to 60% of the devices)',
    ]);
    expect(await settledAt(2)).toBe(2);
    expect((await reached()).size).toBe(DEVICES.length);
    expect(await cli.lines('rollback', 'other', 'stable')).toEqual(['other stable amd64 1 (was 2)']);
    expect(await settledAt(1)).toBe(1);
  });

  it('is shown by history, and undone by rollback', async () => {
    await cli.lines('release', 'other', '2', 'stable', '--percentage', '50');
    const half = await poll(reached, ({ size }) => size > 0);
    const history = await cli.lines('history', 'other');
    expect(history[1]?.split(/ {2,}/).slice(1)).toEqual([
      'stable',
      'amd64',
      '2 (50%)',
      'operator',
      'machine root',
    ]);
    const json = JSON.parse((await cli.lines('history', 'other', '--json')).join('\n')) as {
      releases: unknown[];
    };
    expect(json.releases[0]).toMatchObject({ revision: 2, percentage: 50 });
    expect(await cli.lines('rollback', 'other', 'stable')).toEqual([
      'other stable amd64 1 (was 1, and 2 to 50% of the devices)',
    ]);
    expect((await poll(reached, ({ size }) => size < half.size)).size).toBe(0);
  });

  it('is ignored by a cohort, which gets the revision of all devices', async () => {
    await cli.lines('release', 'other', '2', 'stable', '--percentage', '99');
    const [who] = [...(await poll(reached, ({ size }) => size > 0))];
    const made = await world.store.app.inject({
      method: 'POST',
      url: '/v2/cohorts',
      headers: { host: HOST },
      payload: Buffer.from('{"snaps": ["other"]}'),
    });
    const key = String(at(made.json(), 'cohort-keys', 'other'));
    const reply = await world.store.app.inject({
      method: 'POST',
      url: '/v2/snaps/refresh',
      headers: { host: HOST, ...headersOf({ serial: who ?? '' }) },
      payload: { context: [], actions: [install('other', { 'cohort-key': key })] },
    });
    expect(at(reply.json(), 'results', '0', 'snap', 'revision')).toBe(1);
  });

  it.each([
    [
      ['other', '2', 'stable', '--percentage', '98'],
      'it is already released to 99% of them, and these keep it',
    ],
    [
      ['other', '3', 'stable', '--percentage', '99'],
      'revision 2 is released to 99% of them; release it to all',
    ],
    [
      ['other', '2', 'beta', '--percentage', '5'],
      'no revision is released there for the other devices; release one to all first',
    ],
    [['hello', '3', 'stable', '--percentage', '5'], 'all of them already get revision 3'],
    [
      ['hello', '2', 'stable', 'beta', '--percentage', '5'],
      'no revision is released there for the other devices',
    ],
    [['hello', '2', 'stable', '--percentage', '0'], 'give a number from 1 to 100'],
    [['hello', '2', 'stable', '--percentage', '101'], 'give a number from 1 to 100'],
    [['hello', '2', 'stable', '--percentage', '5.5'], 'give a number from 1 to 100'],
    [
      ['hello', '2', 'stable/x', '--percentage', '5', '--until', '2999-01-01'],
      'either --percentage or --until',
    ],
  ])('refuses %j, and changes nothing', async (words, why) => {
    const before = await world.store.state();
    const { status, stdout, stderr } = await cli.run('release', ...words);
    expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
    expect(stderr).toContain(why);
    expect(await world.store.state()).toEqual(before);
  });

  it('changes nothing if it is repeated', async () => {
    const before = await world.store.state();
    await cli.lines('release', 'other', '2', 'stable', '--percentage', '99');
    expect(await world.store.state()).toEqual(before);
  });
});

it('a push with --push-channel-map releases a progressive revision to all devices', async () => {
  await world.push({ name: 'pushed', revision: 1 });
  await world.push({ name: 'pushed', revision: 2 }, ['latest/edge']);
  await cli.lines('release', 'pushed', '2', 'stable', '--percentage', '20');
  const pair = `${world.store.directory}/pushed_2.snap`;
  await world.store.push(pair);
  expect(await offer(undefined, 'pushed')).toBe(1);
  const report = await world.store.push(pair, { pushChannelMap: true });
  expect(report.snaps[0]?.channels).toMatchObject([{ from: 2, to: 2, outcome: 'moved' }]);
  expect(await offer(undefined, 'pushed')).toBe(2);
  expect((await world.store.push(pair, { pushChannelMap: true })).changed).toBe(false);
});
