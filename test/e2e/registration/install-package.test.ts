import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATA_VARIABLE } from '../../../src/common/files/data-directory.js';
import {
  InstallPackageService,
  type InstallPackageOptions,
} from '../../../src/registration/package/install-package.service.js';
import { RegistrationModule } from '../../../src/registration/registration.module.js';
import { UnitConfigService } from '../../../src/settings/unit-config.service.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { refusalOf } from '../../support/refusal.js';

const REGISTRATION = { domain: 'a', privateKey: 'b', publicKey: 'c', storeId: 'd', storeAssertion: 'e' };
let directory: string;
let database: TestDatabase;
let app: INestApplicationContext;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'package-refusals-'));
  database = await createTestDatabase();
  process.env[DATA_VARIABLE] = join(directory, 'data');
  new UnitConfigService().write({ 'proxy.db.connection': database.url });
  app = await NestFactory.createApplicationContext(RegistrationModule, { logger: false });
});
afterAll(async () => {
  await app.close();
  await database.drop();
  rmSync(directory, { recursive: true });
});

async function refusal(options: InstallPackageOptions): Promise<string> {
  const before = readdirSync(directory);
  const output = join(directory, 'made.tar.gz');
  const made = app.get(InstallPackageService).write(REGISTRATION, { output, ...options });
  const message = await refusalOf(made);
  expect(readdirSync(directory)).toEqual(before);
  return message;
}

it.each<[string, InstallPackageOptions, string]>([
  ['an unknown channel', { channel: 'nightly' }, 'of channel "nightly": give stable, candidate, beta, edge'],
  ['an unknown architecture', { architecture: 's390x' }, 'for "s390x": give amd64 or arm64'],
  ['a short install password', { installPassword: 'seven77' }, 'it has 7 bytes, give 8 to 1024'],
  ['a folder that does not exist', { output: '/nowhere/made.tar.gz' }, 'cannot write made.tar.gz: '],
  ['an invalid runtime', { nodeRuntime: '/etc/passwd' }, 'it is not a Linux program'],
])('refuses %s and leaves no file', async (_what, options, message) => {
  expect(await refusal(options)).toContain(message);
});

it('does not overwrite a file unless told to', async () => {
  const output = join(directory, 'there.tar.gz');
  writeFileSync(output, 'mine');
  expect(await refusal({ output })).toBe(`cannot write ${output}: it exists; move it away, or give --force`);
  expect(readFileSync(output, 'utf8')).toBe('mine');
  const made = await app.get(InstallPackageService).write(REGISTRATION, { output, force: true });
  expect(made).toMatchObject({ path: output, encrypted: false });
  expect(made.notes).toEqual([expect.stringContaining('there is no bundle key here')]);
  expect(readFileSync(output).subarray(0, 2).toString('hex')).toBe('1f8b');
});
