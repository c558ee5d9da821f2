import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UnitConfigService } from '../../src/settings/unit-config.service.js';
import { CuttingProxy, type CutAt } from '../support/cutting-proxy.js';
import { withManifest, writeArchive } from '../support/input-forms.js';
import { backendsOf, PushChild, settled } from '../support/push-child.js';
import { StoreApp } from '../support/store-app.js';
import { partsOf, TestPublisher } from '../support/test-snaps.js';

const publisher = new TestPublisher();
let store: StoreApp;
let proxy: CuttingProxy;
let round = 0;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
  proxy = await CuttingProxy.start(store.databaseUrl);
  // The store of the test keeps its own connection to the database; the pushing processes use this one.
  new UnitConfigService().write({ 'proxy.db.connection': proxy.url });
});
afterAll(async () => {
  await proxy.stop();
  await store.stop();
});

/** A bundle that was not pushed yet. */
async function newBundle(): Promise<string> {
  round += 1;
  const snaps = ['one', 'two'].map((name) =>
    publisher.snap({ name: `${name}${round}`, revision: round, padding: randomBytes(300_000) }),
  );
  return await writeArchive(store.directory, withManifest(partsOf(snaps)));
}

function expectOneLine({ stderr, stdout }: PushChild): void {
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^error: cannot [^\n]*database[^\n]*\n$/);
}

async function expectCompleted(file: string): Promise<void> {
  proxy.cutAt(undefined);
  const again = new PushChild(store.dataDir, file);
  expect(await again.end(), again.stderr).toBe(0);
}

const before = (text: string): CutAt => ({ text, when: 'before' });
const after = (text: string): CutAt => ({ text, when: 'after' });

it.each<[string, CutAt]>([
  ['at the first message', before('')],
  ['while the settings are read', before('setting')],
  ['while assertions are verified', before('account-key')],
  ['as the transaction starts', before('START TRANSACTION')],
  ['as assertions are stored', after('insert into assertion')],
  ['as a snap is locked', after('pg_advisory_xact_lock')],
  ['as a blob is recorded', before('insert into blob')],
  ['as a revision is added', after('insert into snap_revision')],
  ['as a release is added', after('insert into channel_release')],
])('if the database is lost %s, the store is unchanged', async (_, cut) => {
  const file = await newBundle();
  const held = await store.state();
  const known = await backendsOf(store);
  proxy.cutAt(cut);
  const child = new PushChild(store.dataDir, file);
  expect(await child.end()).toBe(1);
  expect(proxy.wasCut).toBe(true);
  expectOneLine(child);
  await settled(store, known);
  expect(await store.state()).toEqual(held);
  await expectCompleted(file);
});

it.each([before('COMMIT'), after('COMMIT')])('if the database is lost at the commit: %j', async (cut) => {
  const file = await newBundle();
  const { files: _files, ...held } = await store.state();
  const known = await backendsOf(store);
  proxy.cutAt(cut);
  const child = new PushChild(store.dataDir, file);
  expect(await child.end()).toBe(1);
  expect(proxy.wasCut).toBe(true);
  expectOneLine(child);
  await settled(store, known);
  const { files, ...tables } = await store.state();
  // Files come before rows. The rows exist only if the server received the commit.
  if (cut.when === 'before') expect(tables).toEqual(held);
  else expect(tables['snap_revision']).not.toEqual(held['snap_revision']);
  expect(files).not.toContain('incoming');
  await expectCompleted(file);
});

it('if the server ends its connections, the store is unchanged', async () => {
  const file = await newBundle();
  const held = await store.state();
  const known = await backendsOf(store);
  await store.query('alter table snap_revision add constraint slow check (pg_sleep(0.5) is not null)');
  const child = new PushChild(store.dataDir, file);
  const waiting = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep'`;
  while (child.isRunning && (await store.query(waiting)).length === 0);
  expect(await child.end()).toBe(1);
  expectOneLine(child);
  await settled(store, known);
  await store.query('alter table snap_revision drop constraint slow');
  expect(await store.state()).toEqual(held);
  await expectCompleted(file);
});
