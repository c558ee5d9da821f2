import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import type { AuditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditTrimService } from '../../../src/management/audit/audit-trim.service.js';
import { MAX_KEEP_DAYS } from '../../../src/management/audit/audit.command.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { PROGRAM } from '../../support/program.js';
import { refusalOf } from '../../support/refusal.js';
import { AdminWorld } from './admin-world.js';

const ROWS = 10;
const dayAt = (day: number) => new Date(Date.UTC(2026, 0, day, 12));
/** Before it there are rows 1 to 4. */
const LIMIT = new Date('2026-01-05T00:00Z');

let world: AdminWorld;
let audit: AuditService;
let trims: AuditTrimService;
let files = 0;

beforeAll(async () => {
  world = await AdminWorld.start();
  audit = world.store.app.get(AuditService);
  trims = world.store.app.get(AuditTrimService);
});
afterAll(() => world.stop());

/** A row a day. */
beforeEach(async () => {
  await world.query('delete from audit_event');
  await world.query(`update audit_head set sequence = 0, hash = decode(repeat('00', 32), 'hex')`);
  vi.useFakeTimers({ toFake: ['Date'] });
  for (let day = 1; day <= ROWS; day += 1) {
    vi.setSystemTime(dayAt(day));
    await world.store.app.get(TransactionsService).run(async (tx) => {
      audit.record(tx, { action: day % 2 ? 'test.odd' : 'test.even', subject: `row ${day}` });
      await Promise.resolve();
    });
  }
  vi.useRealTimers();
});

const newFile = () => join(world.store.directory, `removed-${(files += 1)}.jsonl`);

async function trim(before = LIMIT): Promise<string> {
  const plan = await trims.plan(before, newFile());
  if (!plan) throw new Error('nothing is that old');
  await trims.trim(plan);
  return plan.file;
}

async function sequences(): Promise<number[]> {
  return (await audit.list(100)).map(({ sequence }) => sequence).toReversed();
}

it('removes old rows after it has exported them, and leaves a row that says so', async () => {
  const file = await trim();
  const removed = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(removed.map((line) => (JSON.parse(line) as AuditEventView).sequence)).toEqual([1, 2, 3, 4]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await sequences()).toEqual([5, 6, 7, 8, 9, 10, 11]);
  const [checkpoint] = await audit.list(1);
  expect(checkpoint).toMatchObject({ action: 'audit.trim', subject: 'rows 1 to 4', actor: 'server' });
  expect(JSON.parse(checkpoint?.after ?? '')).toEqual({
    first: 1,
    last: 4,
    count: 4,
    hash: (JSON.parse(removed.at(-1) ?? '') as AuditEventView).hash,
    before: LIMIT.toISOString(),
    file,
  });
  expect(await audit.verify()).toMatchObject({ rows: 7, broken: undefined, trimmed: { first: 1, last: 4 } });
});

it('can be done again, with the row of the last time among those that go', async () => {
  await trim();
  await trim(new Date('2026-01-08T00:00Z'));
  expect(await sequences()).toEqual([8, 9, 10, 11, 12]);
  expect(await audit.verify()).toMatchObject({ rows: 5, broken: undefined, trimmed: { first: 5, last: 7 } });
  await trim(new Date());
  expect(await sequences()).toEqual([13]);
  expect(await audit.verify()).toMatchObject({ rows: 1, broken: undefined, trimmed: { first: 8, last: 12 } });
});

describe('afterwards, verify still names', () => {
  it.each([
    ['the next row, removed', 'delete from audit_event where sequence = 5', 'row 5 was removed'],
    ['a row that was removed', 'delete from audit_event where sequence = 7', 'row 7 was removed'],
    ['a row that was changed', `update audit_event set actor = 'x' where sequence = 5`, 'row 5 was changed'],
    [
      'rows in the place of each other',
      `update audit_event set previous_hash = (select previous_hash from audit_event where sequence = 7) where sequence = 6`,
      'row 6 was changed',
    ],
    [
      'a checkpoint that says more was removed',
      `update audit_event set after = replace(after, '"last":4', '"last":6') where sequence = 11`,
      'row 11 was changed',
    ],
    [
      'the checkpoint, removed at the end',
      'delete from audit_event where sequence = 11',
      'rows 1 to 4 were removed; row 11 was removed',
    ],
    ['a removed row that was put back', PUT_BACK(), /^row 4 was put back: row 11 says that it was removed$/],
  ])('%s', async (_what, sql, broken) => {
    await trim();
    await world.query(sql);
    const said = (await audit.verify()).broken ?? '';
    if (typeof broken === 'string') expect(said).toBe(broken);
    else expect(said).toMatch(broken);
  });

  it('the checkpoint, removed from the middle', async () => {
    await trim();
    await world.operators.add({ name: `later${files}`, role: 'viewer' });
    await world.query('delete from audit_event where sequence = 11');
    expect((await audit.verify()).broken).toBe('rows 1 to 4 were removed; row 11 was removed');
  });
});

function PUT_BACK(): string {
  return `insert into audit_event select 4, at, actor_kind, actor, address, request_id, action, subject, before, after,
    previous_hash, hash from audit_event where sequence = 5`;
}

it('removes nothing from a trail that is not whole, nor to a file that exists or cannot be written', async () => {
  const plan = await trims.plan(LIMIT, newFile());
  if (!plan) throw new Error('nothing is that old');
  writeFileSync(plan.file, 'kept');
  expect(await refusalOf(trims.trim(plan))).toContain('EEXIST');
  expect(readFileSync(plan.file, 'utf8')).toBe('kept');
  expect(await refusalOf(trims.trim({ ...plan, file: '/proc/no/such/folder' }))).toContain('cannot export');
  const raced = { ...plan, file: newFile(), count: plan.count + 1 };
  expect(await refusalOf(trims.trim(raced))).toContain('changed meanwhile');
  expect(existsSync(raced.file)).toBe(false);
  expect(await sequences()).toHaveLength(ROWS);
  await world.query('delete from audit_event where sequence = 2');
  expect(await refusalOf(trims.plan(LIMIT, undefined))).toContain('it is not whole (row 2 was removed)');
});

it('is a command that asks first, and shows what it would do', () => {
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, '--data', world.store.dataDir, 'audit', ...words],
      { encoding: 'utf8', input: '' },
    );
    return { status, said: stdout + stderr };
  };
  const before = ['trim', '--before', '2026-01-05'];
  expect(run('trim').said).toContain('give --before or --keep-days');
  expect(run(...before, '--keep-days', '1').said).toContain('give --before or --keep-days');
  for (const days of ['0', String(MAX_KEEP_DAYS + 1)])
    expect(run('trim', '--keep-days', days).said).toContain(`from 1 to ${MAX_KEEP_DAYS}`);
  expect(run('trim', '--keep-days', String(MAX_KEEP_DAYS)).said).toContain('no row is older than');
  expect(run('trim', '--before', '2999-01-01').said).toContain('is in the future');
  expect(run(...before)).toMatchObject({ status: 1, said: expect.stringContaining('give --yes') as string });
  const file = join(world.store.dataDir, 'audit', 'audit-1-4.jsonl');
  expect(run(...before, '--dry-run').said).toBe(
    `audit trail: rows 1 to 4 (4) would be written to ${file} and removed\n`,
  );
  expect(existsSync(file)).toBe(false);
  expect(run('verify').said).toBe('audit trail: 10 rows, whole\n');
  expect(JSON.parse(run(...before, '--yes', '--json').said)).toMatchObject({ removed: 4, file });
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(5);
  expect(run('verify').said).toBe('audit trail: 7 rows, whole; rows before 5 were removed by `audit trim`\n');
  expect(run('list', '--limit', '1').said).toContain('machine root');
});

it('is listed by who, action, subject and time, by command and API alike', async () => {
  const token = await world.token(`reader${files}`, 'admin', ['audit']);
  const found = async (query: string) =>
    ((await world.ask({ path: `/admin/v1/audit?${query}`, token })).json['items'] as AuditEventView[]).map(
      ({ sequence }) => sequence,
    );
  expect(await found('action=test.even')).toEqual([10, 8, 6, 4, 2]);
  expect(await found('action=test&limit=2')).toEqual([10, 9]);
  expect(await found('action=tes')).toEqual([]);
  expect(await found('subject=row%203')).toEqual([3]);
  expect(await found('who=server&action=test')).toHaveLength(ROWS);
  expect(await found('who=store%20server&subject=row%203')).toEqual([3]);
  expect(await found('who=nobody')).toEqual([]);
  expect(await found('since=2026-01-03&until=2026-01-05T12:00Z')).toEqual([4, 3]);
  expect(await found('who=%00')).toEqual([]);
  expect((await world.ask({ path: '/admin/v1/audit?since=soon', token })).status).toBe(400);
  const listed = spawnSync(
    process.execPath,
    [
      PROGRAM,
      '--data',
      world.store.dataDir,
      'audit',
      'list',
      '--action',
      'test.odd',
      '--since',
      '2026-01-06',
      '--json',
    ],
    { encoding: 'utf8' },
  ).stdout;
  expect((JSON.parse(listed) as { events: AuditEventView[] }).events.map(({ sequence }) => sequence)).toEqual(
    [9, 7],
  );
});
