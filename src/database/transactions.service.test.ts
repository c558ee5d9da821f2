import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { isConnectionLoss } from './database-failure.js';
import { DatabaseService } from './database.service.js';
import { isUniqueViolation, TransactionsService } from './transactions.service.js';

let database: TestDatabase;
let service: DatabaseService;
let transactions: TransactionsService;

beforeAll(async () => {
  database = await createTestDatabase();
  service = new DatabaseService({ dataDir: '/nowhere', connection: database.url });
  transactions = new TransactionsService(service);
});
afterAll(async () => {
  await service.onApplicationShutdown();
  await database.drop();
});

const PUT = 'insert into setting (key, value) values ($1, \'"x"\')';

async function keys(): Promise<string[]> {
  const rows = await (await service.ready()).query<{ key: string }[]>('select key from setting order by key');
  return rows.map(({ key }) => key);
}

describe('run', () => {
  it('commits when the work returns, and rolls back when it throws', async () => {
    expect(await transactions.run(async (tx) => tx.query(PUT, ['kept']).then(() => 7))).toBe(7);
    const failure = new Error('changed my mind');
    await expect(
      transactions.run(async (tx) => {
        await tx.query(PUT, ['lost']);
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await keys()).toEqual(['kept']);
  });

  it('reports a lost connection, and works again afterwards', async () => {
    const before = await keys();
    await expect(
      transactions.run(async (tx) => {
        await tx.query(PUT, ['cut off']);
        await tx.query('select pg_terminate_backend(pg_backend_pid())');
      }),
    ).rejects.toMatchObject({
      code: 'database-unavailable',
      message: 'cannot use the database now: the connection to the database was lost',
    });
    expect(await keys()).toEqual(before);
  });

  it('names the constraint that rejected a row', async () => {
    const refused: unknown = await transactions
      .run(async (tx) => {
        await tx.query(PUT, ['twice']);
        await tx.query(PUT, ['twice']);
      })
      .catch((error: unknown) => error);
    expect(isUniqueViolation(refused)).toBe(true);
    expect(isUniqueViolation(refused, 'setting_pkey')).toBe(true);
    expect(isUniqueViolation(refused, 'snap_pkey')).toBe(false);
  });
});

it.each([new Error('no'), null, undefined, 'text', { code: 23505 }])(
  '%s is not a unique violation',
  (error) => expect(isUniqueViolation(error)).toBe(false),
);

it.each([
  [{ code: '57P01', message: '' }, true],
  [{ driverError: { code: '08006' }, message: '' }, true],
  [{ code: 'ECONNRESET', message: '' }, true],
  [new Error('Connection terminated unexpectedly'), true],
  [{ code: '23505', message: '' }, false],
  [{ code: '57014', message: 'canceling statement due to statement timeout' }, false],
  [new Error('no'), false],
])('reports %o as a lost connection: %s', (error, lost) => expect(isConnectionLoss(error)).toBe(lost));
