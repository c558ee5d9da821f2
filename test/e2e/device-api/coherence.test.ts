import { EventEmitter, once } from 'node:events';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AppModule } from '../../../src/app.module.js';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import { CatalogueRepository } from '../../../src/catalogue/catalogue.repository.js';
import { CatalogueService } from '../../../src/catalogue/catalogue.service.js';
import { parseChannel } from '../../../src/channels/channel.js';
import { NO_PROGRESS } from '../../../src/common/terminal/progress.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { ImportService } from '../../../src/imports/import.service.js';
import { ImportsModule } from '../../../src/imports/imports.module.js';
import { createServer } from '../../../src/server.js';
import { DOMAIN } from '../../../src/settings/server.settings.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { writePair } from '../../support/test-snaps.js';
import { at, World } from './world.js';

@Module({ imports: [AppModule, ImportsModule] })
class OtherUnitModule {}

const SNAP_ID = 'brandSnapbrandSnapbrandSnapbrand';

let world: World;
/** Another unit on the same database, without shared memory. */
let other: NestFastifyApplication;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'hello', revision: 1 });
  other = await createServer(OtherUnitModule);
});
afterAll(async () => {
  await other.close();
  await world.stop();
});

async function pushElsewhere(name: string, revision: number): Promise<void> {
  const snap = world.publisher.snap({ name, revision });
  const file = await writePair(world.store.directory, snap);
  await other
    .get(ImportService)
    .import(file, { channels: [parseChannel('stable')], pushChannelMap: false }, NO_PROGRESS);
}

async function revisionOf(name: string): Promise<unknown> {
  const { results } = await world.refresh([{ action: 'install', 'instance-key': 'install-1', name }]);
  return at(results[0], 'snap', 'revision') ?? at(results[0], 'error', 'code');
}

async function declarationRevision(): Promise<string | undefined> {
  const { headers } = await world.get(`/v2/assertions/snap-declaration/16/${SNAP_ID}`);
  return headers.etag;
}

/** @returns how many connections were cut */
async function cutListeners(): Promise<number> {
  const cut = await world.store.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'snap-store-proxy notifications'`,
  );
  return cut.length;
}

it('a push by another unit is in the next answers', async () => {
  expect([await revisionOf('hello'), await revisionOf('hello')]).toEqual([1, 1]);
  await pushElsewhere('hello', 2);
  expect(
    await poll(
      () => revisionOf('hello'),
      (revision) => revision === 2,
    ),
  ).toBe(2);
  const info = await world.get('/v2/snaps/info/hello');
  expect(at(info.json(), 'channel-map', '0', 'revision')).toBe(2);
});

it('a new snap is found, also after earlier requests for it', async () => {
  expect(await revisionOf('later')).toBe('name-not-found');
  await pushElsewhere('later', 1);
  expect(
    await poll(
      () => revisionOf('later'),
      (revision) => revision === 1,
    ),
  ).toBe(1);
});

it('a new assertion is found, also after earlier requests for it', async () => {
  const elsewhere = other.get(AssertionsService);
  expect(await declarationRevision()).toBeUndefined();
  await elsewhere.addAll([world.brand.ownDeclaration(SNAP_ID, 0)]);
  expect(await poll(declarationRevision, (etag) => etag === '"0"')).toBe('"0"');
  await elsewhere.addAll([world.brand.ownDeclaration(SNAP_ID, 1)]);
  expect(await poll(declarationRevision, (etag) => etag === '"1"')).toBe('"1"');
});

it('a request after the notification of a change reads the snap again', async () => {
  const catalogue = world.store.app.get(CatalogueService);
  const repository = world.store.app.get(CatalogueRepository);
  const read = repository.findSnaps.bind(repository);
  const moments = new EventEmitter();
  const isRead = once(moments, 'read');
  const mayGoOn = once(moments, 'go on');
  vi.spyOn(repository, 'findSnaps').mockImplementationOnce(async (...asked) => {
    const record = await read(...asked);
    moments.emit('read');
    await mayGoOn;
    return record;
  });
  await pushElsewhere('read', 1);
  const before = catalogue.findByName('read');
  await isRead;
  await pushElsewhere('read', 2);
  await world.store.heard();
  const after = catalogue.findByName('read');
  moments.emit('go on');
  expect((await before)?.released.has(2)).toBe(false);
  expect((await after)?.released.has(2)).toBe(true);
});

it('a setting that is read while it is recorded is read again afterwards', async () => {
  const settings = world.store.app.get(SettingsService);
  const transactions = world.store.app.get(TransactionsService);
  const run = transactions.run.bind(transactions);
  vi.spyOn(transactions, 'run').mockImplementationOnce((work) =>
    run(async (tx) => {
      const done = await work(tx);
      expect(await settings.get(DOMAIN)).toBe('localhost');
      return done;
    }),
  );
  await settings.record([[DOMAIN, 'recorded.example']]);
  expect(await settings.get(DOMAIN)).toBe('recorded.example');
  await settings.record([[DOMAIN, 'localhost']]);
});

it('changes are found if the listening connections were cut just before', async () => {
  for (const revision of [3, 4]) {
    expect(await revisionOf('hello')).toBe(revision - 1);
    expect(await cutListeners()).toBe(2);
    await pushElsewhere('hello', revision);
    expect(
      await poll(
        () => revisionOf('hello'),
        (seen) => seen === revision,
      ),
    ).toBe(revision);
    await poll(listeners, (count) => count === 2);
  }
});

it('changes are found if the listening connections were cut just after', async () => {
  await pushElsewhere('hello', 5);
  await cutListeners();
  expect(
    await poll(
      () => revisionOf('hello'),
      (revision) => revision === 5,
    ),
  ).toBe(5);
});

it('a setting of another unit applies here', async () => {
  const store = world.brand.store({
    store: 'brand-store',
    operatorId: 'brand',
    url: 'http://store.example',
  });
  await other.get(AssertionsService).addAll([store]);
  expect((await world.get('/v2/auth/store/assertions')).statusCode).toBe(404);
  await other.get(SettingsService).set([['internal.store.id', 'brand-store']]);
  const status = async () => (await world.get('/v2/auth/store/assertions')).statusCode;
  expect(await poll(status, (code) => code === 200)).toBe(200);
});

async function listeners(): Promise<number> {
  const rows = await world.store.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where datname = current_database() and application_name = 'snap-store-proxy notifications'`,
  );
  return rows[0]?.count ?? 0;
}
