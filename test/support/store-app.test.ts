import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatabaseService } from '../../src/database/database.service.js';
import { StoreApp } from './store-app.js';

let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
});
afterAll(() => store.stop());

it('sees a row in any table, whoever adds it', async () => {
  const before = await store.state();
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining([
      'files',
      'assertion',
      'snap',
      'setting',
      'device_session_nonce',
      'serial_request',
    ]),
  );
  await store.app.get(DatabaseService).query(
    `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at)
       values ('brand', 'model', 'serial', 'unknown', now(), now())`,
  );
  expect(await store.state()).not.toEqual(before);
});
