import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { DatabaseService } from './database.service.js';
import { NotificationsService } from './notifications.service.js';
import { TransactionsService } from './transactions.service.js';

let database: TestDatabase;
let service: DatabaseService;
let notifications: NotificationsService;
let transactions: TransactionsService;
let heard: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  service = new DatabaseService({ dataDir: '/nowhere', connection: database.url });
  notifications = new NotificationsService(service);
  transactions = new TransactionsService(service);
  heard = [];
});
afterEach(async () => {
  await notifications.beforeApplicationShutdown();
  await service.onApplicationShutdown();
  await database.drop();
});

const subscribe = async (channel: string, name = ''): Promise<() => void> =>
  await notifications.subscribe(
    channel,
    (payload) => heard.push(`${name}${payload}`),
    () => heard.push(`${name}gap`),
  );

async function publish(channel: string, payload: string): Promise<void> {
  await transactions.run((tx) => notifications.publish(tx, channel, payload));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

async function cutListener(): Promise<void> {
  await (
    await service.ready()
  ).query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'snap-store-proxy notifications'`,
  );
}

it('receives committed messages, in order, on its own channel only', async () => {
  expect(notifications.isLive('a')).toBe(false);
  await subscribe('a');
  expect(notifications.isLive('a')).toBe(true);
  expect(notifications.isLive('b')).toBe(false);
  expect(heard).toEqual(['gap']);
  await publish('a', 'one');
  await publish('b', 'elsewhere');
  await transactions
    .run(async (tx) => {
      await notifications.publish(tx, 'a', 'rolled back');
      throw new Error('no');
    })
    .catch(() => undefined);
  await publish('a', '');
  await publish('a', 'two');
  await until(() => heard.includes('two'));
  expect(heard).toEqual(['gap', 'one', '', 'two']);
});

it('tells every subscriber until it unsubscribes', async () => {
  const [end] = await Promise.all([
    subscribe('a', '1:'),
    subscribe('a', '2:'),
    subscribe('Odd "name"', '3:'),
  ]);
  await publish('a', 'x');
  await publish('Odd "name"', 'y');
  await until(() => heard.includes('3:y'));
  end();
  await publish('a', 'z');
  await until(() => heard.includes('2:z'));
  expect(heard.filter((text) => !text.endsWith('gap'))).toEqual(['1:x', '2:x', '3:y', '2:z']);
});

it('reports a gap when the connection is lost and when it is restored, and is not live meanwhile', async () => {
  await subscribe('a');
  const liveAtGap: boolean[] = [];
  await notifications.subscribe(
    'a',
    () => undefined,
    () => liveAtGap.push(notifications.isLive('a')),
  );
  await cutListener();
  await until(() => heard.length === 3);
  expect(heard).toEqual(['gap', 'gap', 'gap']);
  expect(liveAtGap).toEqual([true, false, true]);
  await publish('a', 'after');
  await until(() => heard.includes('after'));
});

it('listens as soon as the database can be reached', async () => {
  const location = { dataDir: '/nowhere', connection: 'postgresql://127.0.0.1:1/store' };
  const late = new DatabaseService(location);
  const waiting = new NotificationsService(late);
  await waiting.subscribe(
    'a',
    (payload) => heard.push(payload),
    () => heard.push('gap'),
  );
  expect([heard, waiting.isLive('a')]).toEqual([[], false]);
  location.connection = database.url;
  await until(() => waiting.isLive('a'));
  expect(heard).toEqual(['gap']);
  await waiting.beforeApplicationShutdown();
  await late.onApplicationShutdown();
  expect(waiting.isLive('a')).toBe(false);
});
