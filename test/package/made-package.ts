import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { expect } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { DATA_VARIABLE } from '../../src/common/files/data-directory.js';
import type { Registration } from '../../src/registration/format/registration-bundle.js';
import {
  InstallPackageService,
  type InstallPackage,
  type InstallPackageOptions,
} from '../../src/registration/package/install-package.service.js';
import { signList } from '../../src/registration/package/package-list.js';
import { RegistrationModule } from '../../src/registration/registration.module.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { UnitConfigService } from '../../src/settings/unit-config.service.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { Outcome } from '../support/program.js';
import { testKey } from '../support/store-stack.js';
import { TestPublisher } from '../support/test-snaps.js';
import type { BareMachine } from './bare-machine.js';

export const PORT = 8_321;
export const STORE_URL = `http://127.0.0.1:${PORT}`;
export const UNPACKED = '/tmp/offline-snap-store';

export function pem(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
}

/** A connected machine that makes install packages, with its own settings and keys. */
export class ConnectedMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'install-package-'));
  readonly publisher = new TestPublisher();

  private constructor(private readonly database: TestDatabase) {}

  static async start(): Promise<ConnectedMachine> {
    return new ConnectedMachine(await createTestDatabase());
  }

  registration(): Registration {
    const { stack } = this.publisher;
    const store = stack.store({ store: 'acme-store', operatorId: 'acme', url: STORE_URL });
    return {
      domain: '127.0.0.1',
      privateKey: pem(testKey('store')),
      publicKey: pem(createPublicKey(testKey('store'))),
      storeId: 'acme-store',
      storeAssertion: encodeStream(stack.chain(store)).toString(),
    };
  }

  async makePackage(options: InstallPackageOptions = {}): Promise<InstallPackage> {
    process.env[DATA_VARIABLE] = join(this.folder, 'connected');
    new UnitConfigService().write({ 'proxy.db.connection': this.database.url });
    const app = await NestFactory.createApplicationContext(RegistrationModule, { logger: false });
    try {
      await app.get(SettingsService).set([
        ['proxy.trusted-assertions', await this.publisher.writeRoot(this.folder)],
        ['proxy.port.http', String(PORT)],
        ['proxy.bundle.key.private', pem(testKey('bundle'))],
        ['proxy.bundle.key.public', pem(createPublicKey(testKey('bundle')))],
      ]);
      return await app.get(InstallPackageService).write(this.registration(), {
        output: join(this.folder, 'offline-snap-store.tar.gz'),
        channel: 'edge',
        ...options,
      });
    } finally {
      await app.close();
    }
  }

  async remove(): Promise<void> {
    await this.database.drop();
    rmSync(this.folder, { recursive: true });
  }
}

/** Replaces a file. It is not written in place, because copies share their files by hard links. */
export function replace(path: string, content: string | Buffer): void {
  const { mode } = statSync(path);
  rmSync(path);
  writeFileSync(path, content, { mode });
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Updates the list of an unpacked package to match its files, and signs it if a key is given. */
export function listAgain(folder: string, key?: KeyObject): void {
  const lines = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
  const names = lines.map((line) => line.slice(66));
  const list = names.map((name) => `${sha256(join(folder, name))}  ${name}\n`).join('');
  replace(join(folder, 'SHA256SUMS'), list);
  const signature = join(folder, 'SHA256SUMS.sig');
  rmSync(signature, { force: true });
  if (key) writeFileSync(signature, signList(list, key));
}

/** Copies the unpacked package and changes it without updating the list. @returns its path on the machine */
export function copyOf(machine: BareMachine, name: string, change: (folder: string) => void): string {
  const folder = join(machine.root, 'tmp', name);
  execFileSync('cp', ['-al', join(machine.root, UNPACKED), folder]);
  change(folder);
  return `/tmp/${name}`;
}

/** Makes a changed copy with a matching list, which by default the bundle key signs. */
export function repack(
  machine: BareMachine,
  name: string,
  change: (folder: string) => void,
  key: KeyObject | undefined = testKey('bundle'),
): string {
  return copyOf(machine, name, (folder) => {
    change(folder);
    listAgain(folder, key);
  });
}

/** Changes the build time of a package: a later one is an upgrade. */
export function ofBuild(stamp: string): (folder: string) => void {
  return (folder) => {
    const path = join(folder, 'VERSION');
    replace(path, readFileSync(path, 'utf8').replace(/^built=.*$/m, `built=${stamp}`));
  };
}

/** Names, types, modes and link targets of everything below a folder of the machine. */
export function tree(machine: BareMachine, folder: string): string {
  return execFileSync('find', ['.', '-printf', '%p %y %m %U %l\n'], {
    cwd: join(machine.root, folder),
    encoding: 'utf8',
  })
    .split('\n')
    .toSorted()
    .join('\n');
}

export function good({ status, stdout, stderr }: Outcome): string {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

export function refused({ status, stderr }: Outcome): string {
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: cannot [^\n]+\n$/);
  return stderr;
}
