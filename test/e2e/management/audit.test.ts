import { execFileSync } from 'node:child_process';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { auditEventView, type AuditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { PROGRAM } from '../../support/program.js';
import { refusalOf } from '../../support/refusal.js';
import { AdminWorld } from './admin-world.js';

let world: AdminWorld;
let audit: AuditService;
let token: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await AdminWorld.start();
  audit = world.store.app.get(AuditService);
  token = await world.token('auditor', 'admin');
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

async function newest(limit = 1): Promise<AuditEventView[]> {
  return (await audit.list(limit)).map(auditEventView);
}

it('says who changed what over the network, from where, and what it was before', async () => {
  const request = { token, from: '127.0.0.77', headers: { 'x-request-id': 'r-1' } };
  await world.ask({
    ...request,
    method: 'POST',
    path: '/admin/v1/operators',
    body: { name: 'jo', role: 'viewer', password: 'password of jo' },
  });
  await world.ask({
    ...request,
    method: 'PATCH',
    path: '/admin/v1/operators/jo',
    body: { role: 'operator', password: 'another one of jo' },
  });
  await world.ask({
    ...request,
    method: 'PATCH',
    path: '/admin/v1/settings',
    body: { values: { 'proxy.domain': 'audited.example' } },
  });
  const made = await world.ask({
    ...request,
    method: 'POST',
    path: '/admin/v1/tokens',
    body: { name: 'secret', role: 'viewer' },
  });
  await world.ask({ ...request, method: 'DELETE', path: '/admin/v1/operators/jo' });
  const by = { actor: { kind: 'token', name: 'auditor' }, address: '127.0.0.77', 'request-id': 'r-1' };
  const rows = await newest(5);
  expect(rows).toMatchObject([
    { ...by, action: 'operator.remove', subject: 'jo', before: { role: 'operator' }, after: null },
    { ...by, action: 'token.create', subject: 'secret', after: { role: 'viewer' } },
    { ...by, action: 'setting.change', subject: 'proxy.domain', before: null, after: 'audited.example' },
    {
      ...by,
      action: 'operator.change',
      subject: 'jo',
      before: { role: 'viewer' },
      after: { role: 'operator', password: 'changed' },
    },
    {
      ...by,
      action: 'operator.add',
      subject: 'jo',
      before: null,
      after: { role: 'viewer', 'has-password': true },
    },
  ]);
  for (const secret of ['password of jo', '$scrypt$', String(made.json['token'])])
    expect(JSON.stringify(rows)).not.toContain(secret);
});

it('has no secret of a setting, and nothing of a change that was refused', async () => {
  await world.operators.change('admin', { password: 'management password' });
  const [change, setting] = await newest(2);
  expect([change, setting]).toMatchObject([
    { action: 'operator.change', subject: 'admin', actor: { kind: 'store', name: 'server' } },
    { action: 'setting.change', subject: 'internal.airgap.gateway-hash', after: '<redacted>' },
  ]);
  const { sequence } = change ?? { sequence: 0 };
  await refusalOf(world.operators.remove('nobody'));
  await refusalOf(world.store.app.get(SettingsService).set([['proxy.domain', 'not a domain']]));
  expect((await newest())[0]?.sequence).toBe(sequence);
});

it('is written along with the change, or not at all', async () => {
  const [before] = await newest();
  const failing = world.store.app.get(TransactionsService).run((tx) => {
    audit.record(tx, { action: 'test.fail', subject: 'x' });
    return Promise.reject(new Error('rolled back'));
  });
  await expect(failing).rejects.toThrow('rolled back');
  const together = Array.from({ length: 20 }, (_, index) =>
    world.store.app.get(TransactionsService).run((tx) => {
      audit.record(tx, { action: 'test.write', subject: String(index) });
      return Promise.resolve();
    }),
  );
  await Promise.all(together);
  expect((await newest())[0]?.sequence).toBe((before?.sequence ?? 0) + 20);
  expect(await audit.verify()).toEqual({ rows: (before?.sequence ?? 0) + 20, broken: undefined });
});

it('comes in pages, for admins with the scope alone', async () => {
  const path = '/admin/v1/audit?limit=3';
  const first = await world.ask({ path, token });
  const second = await world.ask({ path: `${path}&after=${first.json['next'] as string}`, token });
  const sequences = [first, second].flatMap(({ json }) =>
    (json['items'] as AuditEventView[]).map(({ sequence }) => sequence),
  );
  expect(sequences).toEqual(Array.from({ length: 6 }, (_, index) => (sequences[0] ?? 0) - index));
  expect((await world.ask({ path, token: await world.token('blind', 'operator') })).status).toBe(403);
});

it.each([
  ['changed', `update audit_event set actor = 'somebody-else' where sequence = 3`, 'row 3 was changed'],
  ['removed', 'delete from audit_event where sequence = 3', 'row 3 was removed'],
  ['removed at the beginning', 'delete from audit_event where sequence <= 2', 'rows 1 to 2 were removed'],
  [
    'removed at the end',
    'delete from audit_event where sequence > (select max(sequence) - 2 from audit_event)',
    /^rows \d+ to \d+ were removed$/,
  ],
  [
    'put in the place of another',
    `update audit_event a set sequence = 7 - a.sequence where sequence in (3, 4)`,
    'row 3 was changed',
  ],
  [
    'written again with a hash that fits',
    `update audit_event set previous_hash = decode(repeat('00', 32), 'hex') where sequence = 3`,
    'row 3 was changed',
  ],
])('verify names a row that was %s', async (_what, sql, broken) => {
  await world.query('create table kept as select * from audit_event');
  if (sql.includes('7 - a.sequence'))
    await world.query('alter table audit_event drop constraint audit_event_pkey');
  await world.query(sql);
  const said = (await audit.verify()).broken;
  await world.query('delete from audit_event');
  await world.query('insert into audit_event select * from kept');
  await world.query('drop table kept');
  if (typeof broken === 'string') expect(said).toBe(broken);
  else expect(said).toMatch(broken);
  expect((await audit.verify()).broken).toBeUndefined();
});

it('is listed, exported and verified by commands, whose own changes are those of root at the machine', async () => {
  const run = (...words: string[]) =>
    execFileSync(process.execPath, [PROGRAM, '--data', world.store.dataDir, ...words], { encoding: 'utf8' });
  run('config', 'proxy.domain=by-command.example');
  const listed = JSON.parse(run('audit', 'list', '--limit', '1', '--json')) as { events: AuditEventView[] };
  expect(listed.events).toMatchObject([
    {
      actor: { kind: 'machine', name: 'root' },
      address: null,
      action: 'setting.change',
      before: 'audited.example',
      after: 'by-command.example',
    },
  ]);
  const lines = run('audit', 'export').trimEnd().split('\n');
  expect(lines).toHaveLength(listed.events[0]?.sequence ?? -1);
  expect(run('audit', 'verify')).toBe(`audit trail: ${lines.length} rows, whole\n`);
});
