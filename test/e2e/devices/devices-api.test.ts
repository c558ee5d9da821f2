import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SerialTrust } from '../../../src/brand-stores/device-session.js';
import { mintSession } from '../../../src/devices/session-token.js';
import { SightingsService } from '../../../src/devices/sightings.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { HOST, World } from '../device-api/world.js';
import { AdminWorld, type AdminReply, type AdminRequest } from '../management/admin-world.js';

const SECRET = 'ab'.repeat(32);

interface Who {
  readonly serial: string;
  readonly model?: string;
  readonly storeId?: string;
  readonly trust?: SerialTrust;
  readonly architecture?: string;
}

let world: World;
let management: AdminWorld;
let viewer: string;
const ids = new Map<string, string>();
const cli = new Cli(() => world.store.dataDir);

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await World.start();
  await world.store.app.get(SettingsService).set([['proxy.device-auth.secret', SECRET]]);
  for (const revision of [1, 2, 3])
    for (const name of ['hello', 'other', 'steady']) {
      if (name === 'steady' && revision > 1) continue;
      const { snapId } = await world.push({ name, revision });
      ids.set(name, snapId);
    }
  await world.push({ name: 'hello', revision: 4 }, ['latest/edge']);
  management = await AdminWorld.of(world.store).listen();
  viewer = await management.token('viewer', 'viewer', ['read']);
  await seen({ serial: 'old' }, { hello: 2, other: 3 });
  await seen({ serial: 'new' }, { hello: 3, other: 3 });
  await seen({ serial: 'edge' }, { 'hello edge': 3 });
  await seen({ serial: 'ahead' }, { hello: 9 });
  await seen({ serial: 'arm', architecture: 'arm64' }, { hello: 1 });
  await seen({ serial: 'unknown-snap' }, { unknown: 1 });
  await seen({ serial: 'shop', model: 'kiosk', storeId: 'acme' }, { steady: 1 });
  await seen({ serial: 'forged', trust: 'unknown' }, { other: 1 });
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

/** A refresh of a device with a session. */
async function refresh(
  { serial, model = 'm', storeId, trust = 'known-brand', architecture = 'amd64' }: Who,
  snaps: Record<string, number>,
) {
  const device = { brandId: 'brand', model, serial, ...(storeId !== undefined && { storeId }) };
  const token = mintSession(Buffer.from(SECRET, 'hex'), device, trust, Date.now());
  const context = Object.entries(snaps).map(([words, revision]) => {
    const [name = '', channel = 'stable'] = words.split(' ');
    const snapId = ids.get(name) ?? `${name.replaceAll('-', '')}xxxxxxxx`;
    return { 'snap-id': snapId, 'instance-key': snapId, revision, 'tracking-channel': channel };
  });
  const reply = await world.store.app.inject({
    method: 'POST',
    url: '/v2/snaps/refresh',
    headers: {
      host: HOST,
      'user-agent': 'snapd/2.68 (series 16; classic)',
      'snap-device-architecture': architecture,
      'snap-device-authorization': `Macaroon root="${token}"`,
    },
    payload: {
      context,
      actions: context.map((one) => ({
        action: 'refresh',
        'instance-key': one['instance-key'],
        'snap-id': one['snap-id'],
      })),
    },
  });
  expect(reply.statusCode).toBe(200);
  const { results } = reply.json<{ results: { snap?: { revision?: number } }[] }>();
  return results.map(({ snap }) => snap?.revision ?? null);
}

async function seen(who: Who, snaps: Record<string, number>): Promise<void> {
  await refresh(who, snaps);
  await world.store.app.get(SightingsService).write();
}

async function ask(path: string, more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await management.ask({ token: viewer, ...more, path: `/admin/v1/devices${path}` });
}

async function serials(query: string): Promise<string[]> {
  const { status, json } = await ask(query);
  expect([query, status]).toEqual([query, 200]);
  return (json['items'] as { serial: string }[]).map(({ serial }) => serial);
}

const ALL = ['ahead', 'arm', 'edge', 'forged', 'new', 'old', 'shop', 'unknown-snap'];

it('lists what is known of each device', async () => {
  const { json } = await ask('?model=kiosk');
  const time = expect.stringMatching(/^2\d{3}-.*Z$/) as string;
  expect(json).toEqual({
    items: [
      {
        'brand-id': 'brand',
        model: 'kiosk',
        serial: 'shop',
        'serial-trust': 'known-brand',
        'store-id': 'acme',
        architecture: 'amd64',
        'snapd-version': '2.68',
        'first-seen': time,
        'last-seen': time,
        'session-expires-at': time,
        'snap-count': 1,
      },
    ],
    next: null,
  });
});

describe('a filter', () => {
  it.each([
    ['', ALL],
    ['?brand=brand', ALL],
    ['?brand=nobody', []],
    ['?model=m&architecture=arm64', ['arm']],
    ['?architecture=riscv64', []],
    ['?store=acme', ['shop']],
    ['?snap=hello', ['ahead', 'arm', 'edge', 'new', 'old']],
    ['?snap=hello&revision=3', ['edge', 'new']],
    ['?snap=hello&revision=77', []],
    ['?snap=unknownxxxxxxxx', ['unknown-snap']],
    ['?snap=no-such-snap', []],
    ['?seen-since=2020-01-01', ALL],
    ['?seen-before=2020-01-01', []],
    ['?seen-since=2999-01-01T00:00Z', []],
  ])('%s selects %j', async (query, expected) => {
    expect((await serials(query)).toSorted()).toEqual(expected);
  });

  it('for a snap takes its id too', async () => {
    expect(await serials(`?snap=${ids.get('steady')}`)).toEqual(['shop']);
  });

  it('for a group takes its members, and nobody whose serial may be forged', async () => {
    await cli.ok('create-group', 'some');
    await cli.ok(
      'add-to-group',
      'some',
      '--serial',
      'brand/m/old',
      '--serial',
      'brand/m/forged',
      '--store',
      'acme',
    );
    expect(await serials('?group=some')).toEqual(['shop', 'old']);
    await cli.ok('add-to-group', 'some', '--model', 'brand/m');
    expect((await serials('?group=some')).toSorted()).toEqual(ALL.filter((serial) => serial !== 'forged'));
    await cli.ok('delete-group', 'some');
    expect((await ask('?group=some')).status).toBe(404);
  });
});

describe('behind', () => {
  const behind = async () => (await serials('?behind=true')).toSorted();

  /** What each device is told by itself, as a refresh would answer. */
  async function eachBehind(): Promise<string[]> {
    const { json } = await ask('');
    const found: string[] = [];
    for (const { model, serial } of json['items'] as { model: string; serial: string }[])
      if ((await ask(`/brand/${model}/${serial}`)).json['behind'] === true) found.push(serial);
    return found.toSorted();
  }

  /** Until the server has heard of a change. */
  async function expectBehind(expected: readonly string[]): Promise<void> {
    expect(await poll(behind, (found) => found.join() === expected.join())).toEqual(expected);
    expect(await eachBehind()).toEqual(expected);
  }

  it('selects those that would get something newer', async () => {
    await expectBehind(['edge', 'forged', 'old']);
  });

  it('goes with the other filters, in any order, in pages', async () => {
    expect(await serials('?behind=true&snap=other')).toEqual(['forged', 'old']);
    expect(await serials('?behind=true&sort=last-seen&order=desc')).toEqual(['forged', 'edge', 'old']);
    expect(await serials('?behind=true&snap=hello&revision=3')).toEqual(['edge']);
    const first = await ask('?behind=true&limit=2');
    const rest = await serials(`?behind=true&limit=2&after=${String(first.json['next'])}`);
    expect([(first.json['items'] as unknown[]).length, rest]).toEqual([2, ['old']]);
  });

  it('follows a release, a progressive one for its share of devices', async () => {
    await world.push({ name: 'steady', revision: 2 }, ['latest/beta']);
    await cli.ok('release', 'steady', '2', 'stable', '--percentage', '50');
    await world.store.heard();
    const takes =
      (await refresh({ serial: 'shop', model: 'kiosk', storeId: 'acme' }, { steady: 1 }))[0] === 2;
    await expectBehind(takes ? ['edge', 'forged', 'old', 'shop'] : ['edge', 'forged', 'old']);
    await cli.ok('release', 'steady', '2', 'stable', '--percentage', '100');
    await expectBehind(['edge', 'forged', 'old', 'shop']);
    await cli.ok('release', 'steady', '1', 'stable');
    await expectBehind(['edge', 'forged', 'old']);
  });

  it('follows an override for a group, for its members', async () => {
    await cli.ok('create-group', 'canary');
    await cli.ok('add-to-group', 'canary', '--serial', 'brand/m/new');
    await cli.ok('override', 'hello', 'stable=4', '--group', 'canary');
    await expectBehind(['edge', 'forged', 'new', 'old']);
    const { json } = await ask('/brand/m/new');
    expect(json).toMatchObject({
      groups: ['canary'],
      behind: true,
      snaps: [
        { name: 'hello', revision: 3, channel: 'stable', 'offered-revision': 4, behind: true },
        { name: 'other', revision: 3, 'offered-revision': 3, behind: false },
      ],
    });
    await cli.ok('delete-override', 'hello', 'stable', '--group', 'canary');
    await expectBehind(['edge', 'forged', 'old']);
  });

  it('ends when the device has refreshed', async () => {
    await seen({ serial: 'old' }, { hello: 3, other: 3 });
    await expectBehind(['edge', 'forged']);
  });

  it('finds a device whose snaps had no room in the table of what runs', async () => {
    await management.query(`update device set snap_keys = '{0}' where serial = 'edge'`);
    await expectBehind(['edge', 'forged']);
    expect(await serials('?snap=hello&revision=3')).toContain('edge');
  });

  it('does not know what a device gets that has not said its architecture', async () => {
    await management.query(`insert into device (brand_id, model, serial, serial_trust, snaps, first_seen_at, last_seen_at)
      values ('brand', 'm', 'silent', 'own', '[{"snap-id": "${ids.get('hello')}", "revision": 1}]', now(), now())`);
    await expectBehind(['edge', 'forged']);
    expect((await ask('/brand/m/silent')).json).toMatchObject({
      architecture: null,
      behind: null,
      'session-expires-at': null,
      snaps: [{ name: 'hello', revision: 1, 'offered-revision': null, behind: null }],
    });
    await management.query(`delete from device where serial = 'silent'`);
  });
});

it('sorts by device or last visit, both ways, and pages go on where the one before ended', async () => {
  const byVisit = await serials('?sort=last-seen');
  expect(await serials('?sort=last-seen&order=desc')).toEqual(byVisit.toReversed());
  const byName = await serials('');
  expect(await serials('?order=desc')).toEqual(byName.toReversed());
  for (const [query, expected] of [
    ['?limit=3&sort=last-seen', byVisit],
    ['?limit=3&sort=last-seen&order=desc', byVisit.toReversed()],
    ['?limit=3', byName],
    ['?limit=3&order=desc', byName.toReversed()],
  ] as const) {
    const found: string[] = [];
    for (let after = ''; ;) {
      const { json } = await ask(query + after);
      found.push(...(json['items'] as { serial: string }[]).map(({ serial }) => serial));
      if (typeof json['next'] !== 'string') break;
      after = `&after=${json['next']}`;
    }
    expect(found).toEqual(expected);
  }
});

it('is for those with the scope to read', async () => {
  expect((await ask('', { token: undefined })).status).toBe(401);
  expect((await ask('', { token: await management.token('importing', 'admin', ['import']) })).status).toBe(
    403,
  );
  expect((await ask('/brand/m/old', { token: undefined })).status).toBe(401);
});

const cursor = (...key: unknown[]) =>
  Buffer.from(JSON.stringify([JSON.stringify(key)])).toString('base64url');

it.each([
  ['?limit=1000', 200],
  ['?limit=1001', 400],
  ['?limit=1', 200],
  ['?limit=0', 400],
  ['?revision=1', 400],
  ['?snap=hello&revision=2147483647', 200],
  ['?snap=hello&revision=2147483648', 400],
  ['?snap=hello&revision=0', 400],
  [`?snap=${'s'.repeat(64)}`, 200],
  [`?snap=${'s'.repeat(65)}`, 400],
  [`?brand=${'b'.repeat(256)}`, 200],
  [`?brand=${'b'.repeat(257)}`, 400],
  [`?store=${'s'.repeat(128)}`, 200],
  [`?store=${'s'.repeat(129)}`, 400],
  ['?behind=false', 400],
  ['?sort=color', 400],
  ['?order=up', 400],
  ['?architecture=AMD64', 400],
  ['?seen-since=yesterday', 400],
  ['?seen-since=2026-02-30', 400],
  ['?seen-since=0000-01-01', 200],
  ['?seen-before=9999-12-31', 200],
  ['?group=Upper', 400],
  ['?brand=%00', 200],
  ['?snap=%00', 200],
  ['?behind=true&brand=%00', 200],
  ['?behind=true&snap=%00&sort=last-seen', 200],
  ["?model='%20or%201=1%20--", 200],
  ['?model=%3Cscript%3E&brand=%E2%80%AE', 200],
  ['?color=red', 400],
  ['?model=a&model=b', 400],
  ['?after=x', 400],
  [`?after=${cursor('2026-01-01T00:00:00.000000Z', 'b', 'm', 's')}`, 200],
  [`?after=${cursor('2026-01-01T00:00:00.000000Z', 'b', 'm', '\0')}`, 200],
  [`?behind=true&after=${cursor('2026-01-01T00:00:00.000000Z', 'b', 'm', '\0')}`, 200],
  [`?after=${cursor('2026-01-01T00:00:00.000000Z', 'b', 'm', '\ud800')}`, 200],
  [`?sort=last-seen&after=${cursor('2026-02-30T00:00:00.000000Z', 'b', 'm', 's')}`, 400],
  [`?sort=last-seen&after=${cursor('infinity', 'b', 'm', 's')}`, 400],
  [`?after=${cursor(1, 2, 3, 4)}`, 400],
  [`?after=${cursor('b')}`, 400],
  ['/brand/m/none', 404],
  ['/brand/m/%00', 404],
  ['/brand/m/%ff', 400],
  ['/brand/m/a%2fb', 404],
  ['/brand/m/%3Cb%3E', 404],
] as const)('GET devices%s is answered with %i', async (path, status) => {
  expect((await ask(path)).status).toBe(status);
});
