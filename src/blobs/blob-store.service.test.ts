import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DATA_VARIABLE } from '../common/files/data-directory.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { BlobStoreService } from './blob-store.service.js';

let data: string;
let before: string | undefined;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'blob-store-'));
  before = process.env[DATA_VARIABLE];
  process.env[DATA_VARIABLE] = data;
});
afterEach(() => {
  if (before === undefined) delete process.env[DATA_VARIABLE];
  else process.env[DATA_VARIABLE] = before;
  rmSync(data, { recursive: true });
});

it('makes files and folders private, also while they are written', async () => {
  const blobs = new BlobStoreService(new UnitConfigService());
  const staged = await blobs.stage(Readable.from([Buffer.from('content')]), 100);
  expect(statSync(staged.path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(staged.path)).mode & 0o777).toBe(0o700);
  await blobs.place(staged);
  const open = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (statSync(join(data, name)).mode & 0o077) !== 0,
  );
  expect(open).toEqual([]);
});
