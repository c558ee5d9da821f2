import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import {
  asOwner,
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../../support/database.js';
import { query } from '../../support/query.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let directory: string;
let present: TestDatabase;
let other: TestDatabase;
let empty: TestDatabase;
let snap: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'database-move-'));
  [present, other, empty] = [
    await createTestDatabase(),
    await createTestDatabase(),
    await createEmptyDatabase(),
  ];
  const root = await publisher.writeRoot(directory);
  snap = await writePair(directory, publisher.snap({ name: 'kept', revision: 1 }));
  await cli.done('config', connection(present), `proxy.trusted-assertions=${root}`);
  await cli.done('push-snap', snap);
});
afterAll(async () => {
  for (const database of [present, other, empty]) await database.drop();
  rmSync(directory, { recursive: true });
});

const connection = ({ url }: { url: string }) => `proxy.db.connection=${url}`;
const data = () => join(directory, 'data');

const cli = new Cli(data);

async function refused(...words: string[]): Promise<string> {
  const before = readFileSync(join(data(), 'config.yaml'), 'utf8');
  const why = await cli.refused(...words);
  expect(readFileSync(join(data(), 'config.yaml'), 'utf8')).toBe(before);
  return why;
}

/** A copy with all data, as a dump and a restore make one. */
async function copyOf({ url }: TestDatabase): Promise<TestDatabase> {
  const name = new URL(url.replace('@/', '@host/')).pathname.slice(1);
  const copy = `${name}_copy`;
  const admin = asOwner(url).replace(name, 'postgres');
  await query(
    admin,
    `create database "${copy}" template "${name}" owner ${new URL(url.replace('@/', '@host/')).username}`,
  );
  return {
    url: url.replace(name, copy),
    drop: async () => void (await query(admin, `drop database "${copy}" with (force)`)),
  };
}

it('is refused if it does not contain the store, and nothing is created there', async () => {
  expect(await refused('config', connection(other))).toMatch(
    /it does not contain this store \(not registered, 1 snap revision\) but nothing; move the data there first, or give --new-store/,
  );
  expect(await refused('config', connection(empty))).toContain('does not contain this store');
  expect(await query(empty.url, `select to_regclass('schema_migration') as made`)).toEqual([{ made: null }]);
  // Back to an embedded server that was never used.
  expect(await refused('config', 'proxy.db.connection=')).toContain('the database of the embedded server');
  expect(
    await refused('config', 'proxy.domain=x.example', connection(other), 'proxy.port.http=81'),
  ).toContain('does not contain this store');
  expect(await cli.done('list-pushed-snaps')).toContain('kept');
});

it('is accepted if it contains the store: the same database, or a copy of it', async () => {
  await cli.done('config', connection({ url: `${present.url}&connect_timeout=5` }));
  const copy = await copyOf(present);
  try {
    await cli.done('config', connection(copy));
    expect(await cli.done('list-pushed-snaps')).toContain('kept');
    // The copy gets more data, which a return to the original would lose.
    await cli.done('push-snap', await writePair(directory, publisher.snap({ name: 'ahead', revision: 1 })));
    expect(await refused('config', connection(present))).toContain(
      'another one (not registered, 1 snap revision)',
    );
    await cli.done('config', connection(present), '--new-store');
  } finally {
    await copy.drop();
  }
});

it('that cannot be reached any more can be replaced by one that contains a store', async () => {
  const file = join(data(), 'config.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/postgresql:[^"\n]*/, 'postgresql://nobody@127.0.0.1:1/none'));
  expect(await refused('config', connection(other))).toMatch(
    /it contains no store, and the store of this unit is unknown \(cannot reach the database/,
  );
  await cli.done('config', connection(present));
  expect(await cli.done('list-pushed-snaps')).toContain('kept');
});

it('keeps air-gapped mode even in another store, which requires --new-store', async () => {
  await query(present.url, `insert into setting (key, value) values ('proxy.airgap', '"true"')`);
  expect(await refused('config', connection(other))).toContain('air-gapped, 1 snap revision');
  await cli.done('config', connection(other), '--new-store');
  expect(await cli.done('config', 'proxy.airgap')).toBe('true\n');
  expect(await cli.done('status')).toContain('Store is in air-gapped mode');
  expect((await cli.run('fetch-snaps', 'jq')).stderr).toContain('air-gapped mode');
});

it('requires --new-store', async () => {
  expect(await refused('config', 'proxy.domain=x.example', '--new-store')).toContain(
    'cannot use --new-store: give it with proxy.db.connection=URL',
  );
});
