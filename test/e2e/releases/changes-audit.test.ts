import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { auditEventView, type AuditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { Cli } from '../../support/cli.js';
import { World } from '../device-api/world.js';
import { AdminWorld } from '../management/admin-world.js';

let world: World;
let admin: AdminWorld;
let token: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await World.start();
  admin = AdminWorld.of(world.store);
  token = await admin.token('releaser', 'operator');
  for (const revision of [1, 2]) await world.push({ name: 'hello', revision });
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

const cli = new Cli(() => world.store.dataDir);

const ROOT = { actor: { kind: 'machine', name: 'root' }, address: null, 'request-id': null };
const TOKEN = { actor: { kind: 'token', name: 'releaser' }, address: '127.0.0.78', 'request-id': 'r-2' };

async function newest(limit: number): Promise<AuditEventView[]> {
  return (await world.store.app.get(AuditService).list(limit)).map(auditEventView);
}

async function ask(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object) {
  const request = { token, from: '127.0.0.78', headers: { 'x-request-id': 'r-2' } };
  const reply = await admin.ask({ ...request, method, path, ...(body && { body }) });
  expect(reply.status).toBeLessThan(300);
  return reply;
}

const at = (channel: string, members: object) => ({ channel, architecture: 'amd64', ...members });

it('records every change of a command as one of root at the machine, with the state before and after', async () => {
  await cli.ok('release', 'hello', '1', 'stable', 'beta');
  await cli.ok('release', 'hello', '2', 'stable', '--percentage', '10');
  await cli.ok('release', 'hello', '2', 'stable', '--percentage', '20');
  await cli.ok('rollback', 'hello', 'stable');
  await cli.ok('close', 'hello', 'beta');
  await cli.ok('set-default-track', 'hello', 'latest');
  await cli.ok('override', 'hello', 'stable=2', '--until', '2999-12-31');
  await cli.ok('delete-override', 'hello', 'stable');
  await cli.ok('set-categories', 'hello', 'games');
  await cli.ok('add-store', 'acme-store', '--brand', 'acme');
  await cli.ok('add-store', 'acme-store', '--brand', 'brand');
  await cli.ok('set-store', 'hello', 'acme-store', '--private');
  await cli.ok('set-store', 'hello', '--public');
  await cli.ok('remove-store', 'acme-store');
  const rows = (await newest(14)).toReversed();
  for (const row of rows) expect(row).toMatchObject(ROOT);
  expect(rows.map(({ action, subject, before, after }) => [action, subject, before, after])).toEqual([
    [
      'snap.release',
      'hello',
      [at('latest/stable', { revision: 2 }), at('latest/beta', { revision: null })],
      [at('latest/stable', { revision: 1 }), at('latest/beta', { revision: 1 })],
    ],
    [
      'snap.release',
      'hello',
      [at('latest/stable', { revision: 1 })],
      [at('latest/stable', { revision: 2, percentage: 10 })],
    ],
    [
      'snap.release',
      'hello',
      [at('latest/stable', { revision: 1, progressive: { revision: 2, percentage: 10 } })],
      [at('latest/stable', { revision: 2, percentage: 20 })],
    ],
    [
      'snap.rollback',
      'hello',
      [at('latest/stable', { revision: 1, progressive: { revision: 2, percentage: 20 } })],
      [at('latest/stable', { revision: 1 })],
    ],
    ['snap.close', 'hello', [at('latest/beta', { revision: 1 })], [at('latest/beta', { revision: null })]],
    [
      'snap.set-default-track',
      'hello',
      { 'default-track': null, origin: 'import' },
      { 'default-track': 'latest', origin: 'operator' },
    ],
    [
      'override.set',
      'hello',
      [],
      [at('latest/stable', { revision: 2, 'expires-at': '2999-12-31T00:00:00.000Z' })],
    ],
    [
      'override.delete',
      'hello',
      [at('latest/stable', { revision: 2, 'expires-at': '2999-12-31T00:00:00.000Z' })],
      [],
    ],
    [
      'snap.set-categories',
      'hello',
      { categories: [], origin: 'import' },
      { categories: ['games'], origin: 'operator' },
    ],
    ['store.add', 'acme-store', null, { store: 'acme-store', 'brand-id': 'acme', parent: null }],
    [
      'store.change',
      'acme-store',
      { store: 'acme-store', 'brand-id': 'acme', parent: null },
      { store: 'acme-store', 'brand-id': 'brand', parent: null },
    ],
    ['snap.set-store', 'hello', { store: null, private: false }, { store: 'acme-store', private: true }],
    ['snap.set-store', 'hello', { store: 'acme-store', private: true }, { store: null, private: false }],
    ['store.remove', 'acme-store', { store: 'acme-store', 'brand-id': 'brand', parent: null }, null],
  ]);
});

it('records every change over the network with its token, address and request', async () => {
  const snap = '/admin/v1/snaps/hello';
  await ask('POST', `${snap}/releases`, { revision: 2, channels: ['stable'] });
  await ask('POST', `${snap}/rollback`, { channel: 'stable' });
  await ask('POST', `${snap}/close`, { channels: ['stable'] });
  await ask('PUT', `${snap}/default-track`, { 'default-track': null });
  await ask('POST', '/admin/v1/overrides', {
    overrides: [{ name: 'hello', channel: 'stable', revision: 1 }],
  });
  await ask('POST', '/v2/metadata/overrides', [
    { snap_name: 'hello', channel: 'stable', revision: 2, series: '16' },
  ]);
  await ask('DELETE', '/admin/v1/overrides/hello?channel=stable');
  await ask('PUT', `${snap}/categories`, { categories: ['utilities'] });
  await ask('PUT', '/admin/v1/stores/net-store', { 'brand-id': 'acme' });
  await ask('PUT', `${snap}/store`, { store: 'net-store' });
  await ask('PUT', `${snap}/store`, { store: null });
  await ask('DELETE', '/admin/v1/stores/net-store');
  const rows = (await newest(12)).toReversed();
  expect(rows.map(({ action }) => action)).toEqual([
    'snap.release',
    'snap.rollback',
    'snap.close',
    'snap.set-default-track',
    'override.set',
    'override.set',
    'override.delete',
    'snap.set-categories',
    'store.add',
    'snap.set-store',
    'snap.set-store',
    'store.remove',
  ]);
  const { 'request-id': _id, ...anyRequest } = TOKEN;
  for (const row of rows) expect(row).toMatchObject(row === rows[5] ? anyRequest : TOKEN);
  expect(rows[5]).toMatchObject({
    before: [at('latest/stable', { revision: 1 })],
    after: [at('latest/stable', { revision: 2 })],
  });
});

it('records nothing of a change that was refused, tried, or that changed nothing', async () => {
  const [last] = await newest(1);
  expect((await cli.run('release', 'hello', '9', 'stable')).status).toBe(1);
  expect((await cli.run('set-store', 'hello', 'nowhere')).status).toBe(1);
  await cli.ok('set-store', 'hello', '--public');
  await cli.ok('set-categories', 'hello', 'utilities');
  await ask('POST', '/admin/v1/snaps/hello/releases', { revision: 1, channels: ['edge'], 'dry-run': true });
  await ask('PUT', '/admin/v1/stores/dry', { 'brand-id': 'acme', 'dry-run': true });
  await ask('PUT', '/admin/v1/snaps/hello/categories', { categories: ['utilities'] });
  expect((await newest(1))[0]).toEqual(last);
  expect((await world.store.app.get(AuditService).verify()).broken).toBeUndefined();
});

it('history says who; of rows that did not record it, nothing', async () => {
  await cli.ok('release', 'hello', '1', 'edge');
  await ask('POST', '/admin/v1/snaps/hello/close', { channels: ['edge'] });
  const by = async () =>
    (await cli.lines('history', 'hello')).slice(1, 3).map((line) => line.split(/ {2,}/).at(-1));
  expect(await by()).toEqual(['token releaser', 'machine root']);
  await admin.query('update channel_release set actor_kind = null, actor = null');
  expect(await by()).toEqual(['-', '-']);
  const { releases } = JSON.parse(await cli.ok('history', 'hello', '--json')) as { releases: object[] };
  expect(releases[0]).toMatchObject({ actor: null });
});
