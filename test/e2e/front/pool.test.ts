import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatabaseService } from '../../../src/database/database.service.js';
import { jsonOf } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
const lines: string[] = [];

beforeAll(async () => {
  world = await World.start();
  const note = (line: unknown) => lines.push(String(line));
  const silent = () => undefined;
  Logger.overrideLogger({ error: note, warn: note, log: silent });
});
afterAll(async () => {
  Logger.overrideLogger(['error', 'warn']);
  await world.stop();
});

it('answers 503 with Retry-After if every connection to the database is in use, and logs one line', async () => {
  const dataSource = await world.store.app.get(DatabaseService).ready();
  const { master } = dataSource.driver as unknown as { master: { options: { max: number } } };
  const runners = Array.from({ length: master.options.max }, () => dataSource.createQueryRunner());
  await Promise.all(runners.map(async (runner) => await runner.connect()));
  try {
    const asked = ['a', 'b'].map(async (name) => await world.get(`/v2/snaps/info/${name}`));
    const replies = await Promise.all([...asked, world.get('/_status/check')]);
    for (const reply of replies) {
      expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '10']);
      expect(jsonOf(reply)).toEqual({
        'error-list': [{ code: 'database-unavailable', message: 'the store cannot answer now, see its log' }],
      });
    }
  } finally {
    await Promise.all(runners.map(async (runner) => await runner.release()));
  }
  const [line, ...others] = lines.filter((one) => one.startsWith('cannot use the database'));
  expect(others).toEqual([]);
  expect(line).toMatch(
    /^cannot use the database now: all connections to the database are in use \([^\n]*\); requests that need it are answered 503 meanwhile$/,
  );
  expect((await world.get('/v2/snaps/info/a')).statusCode).toBe(404);
});
