import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { DATA_VARIABLE } from '../../src/common/data-directory.js';
import {
  InstallPackageService,
  type InstallPackage,
} from '../../src/registration/package/install-package.service.js';
import type { Registration } from '../../src/registration/format/registration-bundle.js';
import { RegistrationModule } from '../../src/registration/registration.module.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { UnitConfig } from '../../src/settings/unit-config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { Outcome } from '../support/program.js';
import { testKey } from '../support/store-stack.js';
import { TestPublisher, writePair } from '../support/test-snaps.js';
import { BareMachine, OPERATOR_HOME, OPERATOR_UID, whyNoBareMachine } from './bare-machine.js';

const PORT = 8_321;
const URL = `http://127.0.0.1:${PORT}`;
const INSTALL_PASSWORD = 'a beta password';
const UNPACKED = '/tmp/offline-snap-store';

const reason = whyNoBareMachine();
if (reason !== undefined)
  process.stdout.write(`skipped: the install package on a bare machine (${reason})\n`);

const publisher = new TestPublisher();
let directory: string;
let database: TestDatabase;
let machine: BareMachine;
let made: InstallPackage;

function pem(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
}

function registration(): Registration {
  const { authority, account } = publisher;
  return {
    domain: '127.0.0.1',
    privateKey: pem(testKey('store')),
    publicKey: pem(createPublicKey(testKey('store'))),
    storeId: 'acme-store',
    storeAssertion: encodeStream([
      authority.storeKey,
      account,
      authority.store('acme-store', 'acme', URL),
    ]).toString(),
  };
}

/** Makes the package as a connected machine does, with its own settings and keys. */
async function makePackage(): Promise<InstallPackage> {
  process.env[DATA_VARIABLE] = join(directory, 'connected');
  new UnitConfig().write({ 'proxy.db.connection': database.url });
  const app = await NestFactory.createApplicationContext(RegistrationModule, { logger: false });
  try {
    await app.get(SettingsService).set([
      ['proxy.trusted-assertions', await publisher.writeRoot(directory)],
      ['proxy.port.http', String(PORT)],
      ['proxy.bundle.key.private', pem(testKey('bundle'))],
      ['proxy.bundle.key.public', pem(createPublicKey(testKey('bundle')))],
    ]);
    return await app.get(InstallPackageService).write(registration(), {
      output: join(directory, 'offline-snap-store.tar.gz'),
      installPassword: INSTALL_PASSWORD,
      channel: 'edge',
    });
  } finally {
    await app.close();
  }
}

/** Another package, as a copy of the unpacked one with a change, and checksums that fit. */
function repack(name: string, change: (folder: string) => void): string {
  const folder = join(machine.root, 'tmp', name);
  execFileSync('cp', ['-al', join(machine.root, UNPACKED), folder]);
  change(folder);
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const file = line.slice(66);
      return `${createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')}  ${file}`;
    });
  replace(join(folder, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  return `/tmp/${name}`;
}

/** The copies share their files by hard links: a file is written anew, never into. */
function replace(path: string, content: string | Buffer): void {
  const { mode } = statSync(path);
  rmSync(path);
  writeFileSync(path, content, { mode });
}

function ofBuild(stamp: string): (folder: string) => void {
  return (folder) => {
    const path = join(folder, 'VERSION');
    replace(path, readFileSync(path, 'utf8').replace(/^built=.*$/m, `built=${stamp}`));
  };
}

/** Names, kinds and modes of all below a folder of the machine, links with where they lead. */
function tree(folder: string): string {
  return execFileSync('find', ['.', '-printf', '%p %y %m %l\n'], {
    cwd: join(machine.root, folder),
    encoding: 'utf8',
  })
    .split('\n')
    .toSorted()
    .join('\n');
}

function good({ status, stdout, stderr }: Outcome): string {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function refused({ status, stderr }: Outcome): string {
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: cannot [^\n]+\n$/);
  return stderr;
}

/** Serves, lets a device ask, and stops the server well. */
async function journey(node: string, options: { uid?: number } = {}): Promise<Record<string, unknown>> {
  const outcome = await machine.run(
    `rm -f ~/served; snap-store-proxy serve >~/served & server=$!
     while ! [ -s ~/served ]; do kill -0 $server || exit 1; sleep 0.1; done
     ${node} /tmp/device.mjs ${URL} hello; status=$?
     kill -TERM $server; wait $server && exit $status`,
    options,
  );
  return JSON.parse(good(outcome)) as Record<string, unknown>;
}

describe.skipIf(reason !== undefined)(
  `the install package on a bare machine${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'install-package-'));
      database = await createTestDatabase();
      made = await makePackage();
      machine = new BareMachine();
      machine.carry(made.path);
      machine.carry(join(import.meta.dirname, 'device.mjs'));
      const snap = publisher.snap({ name: 'hello', revision: 7 });
      const pair = await writePair(join(directory, 'snaps'), snap);
      machine.carry(pair);
      machine.carry(pair.replace(/\.snap$/, '.assert'));
    });
    afterAll(async () => {
      machine.remove();
      await database.drop();
      rmSync(directory, { recursive: true });
    });

    it('is private, holds plain files only, and shows no key', () => {
      expect(made).toMatchObject({
        encrypted: true,
        architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
      });
      expect(statSync(made.path).mode & 0o777).toBe(0o600);
      const listed = execFileSync('tar', ['tvzf', made.path], { encoding: 'utf8' }).trimEnd().split('\n');
      expect(listed.filter((line) => !line.startsWith('-'))).toEqual([]);
      const names = listed.map((line) => line.split(' offline-snap-store/')[1] ?? '');
      for (const name of [
        'install.sh',
        'proxy.assert',
        'registration_bundle.b64',
        'VERSION',
        'SHA256SUMS',
        'program/LICENSE',
      ])
        expect(names).toContain(name);
      expect(names.filter((name) => name.endsWith('.map') || name.endsWith('.test.js'))).toEqual([]);
      expect(readdirSync(directory).filter((name) => name.startsWith('offline'))).toHaveLength(1);
    });

    it('comes to a machine without Node, PostgreSQL and network', async () => {
      const found = await machine.run(
        'for name in node npm postgres psql curl python3 perl; do command -v $name; done; true',
      );
      expect(good(found)).toBe('');
      expect(good(await machine.run('tar xzf /tmp/offline-snap-store.tar.gz -C /tmp'))).toBe('');
    });

    it('is installed by root, with an account for its database', async () => {
      const stdout = good(await machine.run(`${UNPACKED}/install.sh`));
      expect(stdout).toMatch(
        /^Installed snap-store-proxy 0\.\S+ in \/opt\/snap-store-proxy\nData: \/var\/lib\/snap-store-proxy\n/,
      );
      expect(stdout).toContain(
        'To serve devices: /usr/local/bin/snap-store-proxy serve\nNext: snap-store-proxy enable-airgap-mode\n',
      );
      expect(
        good(await machine.run('id -u snap-store-proxy; stat -c %a:%U /var/lib/snap-store-proxy/package')),
      ).toMatch(/^\d+\n700:root\n$/);
      expect(good(await machine.run('snap-proxy --help'))).toContain('Usage: snap-store-proxy');
    });

    it('becomes the registered store with the password of the package', async () => {
      expect(refused(await machine.run('snap-store-proxy enable-airgap-mode'))).toContain(
        'SNAPSTORE_BETA_PASSWORD',
      );
      const enabled = await machine.run('snap-store-proxy enable-airgap-mode --password "the management"', {
        env: { SNAPSTORE_BETA_PASSWORD: INSTALL_PASSWORD },
      });
      expect(good(enabled)).toBe(
        'Store acme-store is in air-gapped mode\nPrivate key: opened with the install password\nManagement password: set\n',
      );
      const config = good(await machine.run('snap-store-proxy config'));
      for (const line of [
        'internal.store.id: acme-store',
        `internal.store.url: ${URL}`,
        `proxy.port.http: ${PORT}`,
        'proxy.bundle.require-signature: true',
        'proxy.airgap: true',
      ])
        expect(config).toContain(`${line}\n`);
      const keys = JSON.parse(
        good(await machine.run('snap-store-proxy config proxy.bundle.trusted-keys')),
      ) as string[];
      expect(keys).toEqual([pem(createPublicKey(testKey('bundle')))]);
      expect(config).not.toContain('proxy.bundle.key.private');
    });

    it('walks the whole way of a device, with no route but loopback', async () => {
      expect(good(await machine.run('snap-store-proxy push-snap /tmp/hello_7.snap'))).toContain(
        'hello revision 7',
      );
      const seen = await journey('/opt/snap-store-proxy/current/node/bin/node');
      expect(seen).toEqual({
        storeId: 'acme-store',
        identity: registration().storeAssertion,
        revision: 7,
        sizeBytes: statSync(join(directory, 'snaps/hello_7.snap')).size,
        isWhole: true,
        assertion: 'type: snap-revision',
        outside: 'ENETUNREACH',
      });
      expect(good(await machine.run('stat -c %U /var/lib/snap-store-proxy/postgres'))).toBe(
        'snap-store-proxy\n',
      );
    });

    it('changes nothing when it is installed twice, and says so', async () => {
      const before = tree('/');
      expect(good(await machine.run(`${UNPACKED}/install.sh`))).toMatch(
        /^snap-store-proxy 0\.\S+ is installed already in /,
      );
      expect(tree('/')).toBe(before);
    });

    it('upgrades, keeps the data, and refuses to go back unless told to', async () => {
      const newer = repack('newer', ofBuild('20990101T000000Z'));
      expect(good(await machine.run(`${newer}/install.sh`))).toMatch(
        /^Upgraded snap-store-proxy from 0\.\S+ to 0\.\S+-20990101T000000Z\n/,
      );
      expect(good(await machine.run('snap-store-proxy list-pushed-snaps'))).toContain('hello');
      const before = tree('/');
      const message = refused(await machine.run(`${UNPACKED}/install.sh`));
      expect(message).toMatch(
        /^error: cannot install 0\.\S+: the newer 0\.\S+-20990101T000000Z is installed in .*; give --allow-downgrade to go back\n$/,
      );
      expect(tree('/')).toBe(before);
      expect(good(await machine.run(`${UNPACKED}/install.sh --allow-downgrade`))).toContain(
        'Went back with snap-store-proxy from',
      );
      expect((await journey('/opt/snap-store-proxy/current/node/bin/node'))['revision']).toBe(7);
    });

    it.each([
      [
        'a damaged file',
        (folder: string) => replace(join(folder, 'proxy.assert'), 'x'),
        false,
        'missing or damaged',
      ],
      [
        'a missing file',
        (folder: string) => rmSync(join(folder, 'program/package.json')),
        false,
        'missing or damaged',
      ],
      [
        'a program of another machine',
        (folder: string) =>
          replace(
            join(folder, 'VERSION'),
            readFileSync(join(folder, 'VERSION'), 'utf8').replace(/^architecture=.*$/m, 'architecture=s390x'),
          ),
        true,
        'the package is for s390x, and this machine is',
      ],
      [
        'a program that does not run',
        (folder: string) => {
          ofBuild('20990202T000000Z')(folder);
          replace(join(folder, 'program/node/bin/node'), '#!/bin/false\n');
        },
        true,
        'does not run on this machine',
      ],
    ])('refuses %s and leaves what is installed', async (name, change, sumsFit, says) => {
      const before = tree('/opt') + tree('/usr/local') + tree('/var/lib');
      const folder = repack(name.replaceAll(' ', '-'), sumsFit ? change : () => undefined);
      if (!sumsFit) change(join(machine.root, folder));
      expect(refused(await machine.run(`${folder}/install.sh`))).toContain(says);
      expect(tree('/opt') + tree('/usr/local') + tree('/var/lib')).toBe(before);
      rmSync(join(machine.root, folder), { recursive: true });
    });

    it('refuses a command that somebody else put there', async () => {
      const path = join(machine.root, 'usr/local/bin/snap-proxy');
      const ours = readFileSync(path);
      replace(path, '#!/bin/sh\n');
      expect(refused(await machine.run('/tmp/newer/install.sh'))).toContain(
        '/usr/local/bin/snap-proxy is there already',
      );
      replace(path, ours);
    });

    it.each([
      '--prefix',
      '--prefix relative',
      '--data /',
      '--data "/with space"',
      '--data /elsewhere',
      '--purge',
      '--nonsense',
    ])('refuses %s', async (words) => {
      const before = tree('/');
      const { status, stderr } = await machine.run(`${UNPACKED}/install.sh ${words}`);
      expect(status).toBe(1);
      expect(stderr).toMatch(/error: cannot (?:use|understand) [^\n]+\n$/);
      expect(tree('/')).toBe(before);
    });

    it.each([0.05, 0.2, 0.5, 0.9, 1.3])(
      'keeps the old one when it is killed after %d s, and goes through afterwards',
      async (seconds) => {
        good(await machine.run(`${UNPACKED}/install.sh --allow-downgrade`));
        await machine.run(
          `/tmp/newer/install.sh >/dev/null 2>&1 & victim=$!; sleep ${seconds}; kill -KILL $victim; wait $victim`,
        );
        expect(good(await machine.run('snap-store-proxy --help'))).toContain('Usage: snap-store-proxy');
        expect(good(await machine.run('/tmp/newer/install.sh'))).toMatch(/Upgraded|installed already/);
        expect(
          readdirSync(join(machine.root, 'opt/snap-store-proxy/releases')).filter((name) =>
            name.startsWith('.'),
          ),
        ).toEqual([]);
      },
    );

    it('makes units where systemd runs', async () => {
      const calls = join(machine.root, 'tmp/systemctl.calls');
      mkdirSync(join(machine.root, 'run/systemd/system'), { recursive: true });
      writeFileSync(join(machine.root, 'bin/systemctl'), '#!/bin/sh\necho "$@" >>/tmp/systemctl.calls\n', {
        mode: 0o755,
      });
      expect(good(await machine.run('/tmp/newer/install.sh'))).toContain(
        'Service: systemctl status snap-store-proxy',
      );
      expect(readFileSync(calls, 'utf8')).toBe(
        'daemon-reload\nenable snap-store-proxy.service snap-store-proxy-restart.path\nstart snap-store-proxy-restart.path\nrestart snap-store-proxy.service\n',
      );
      const unit = readFileSync(join(machine.root, 'etc/systemd/system/snap-store-proxy.service'), 'utf8');
      expect(unit).toContain('ExecStart=/usr/local/bin/snap-store-proxy serve\n');
    });

    it('is removed without its data, installed again with it, and purged', async () => {
      expect(good(await machine.run('/opt/snap-store-proxy/current/install.sh --uninstall'))).toBe(
        'Removed the program from /opt/snap-store-proxy\nThe data stays in /var/lib/snap-store-proxy\n',
      );
      expect(good(await machine.run('ls /opt /usr/local/bin /etc/systemd/system'))).not.toContain('snap');
      rmSync(join(machine.root, 'run/systemd'), { recursive: true });
      expect(refused(await machine.run(`${UNPACKED}/install.sh --uninstall`))).toContain(
        'nothing is installed',
      );
      good(await machine.run(`${UNPACKED}/install.sh`));
      expect(good(await machine.run('snap-store-proxy list-pushed-snaps'))).toContain('hello');
      expect(good(await machine.run(`${UNPACKED}/install.sh --uninstall --purge`))).toContain(
        'Removed the data',
      );
      expect(good(await machine.run('ls /opt /var/lib'))).not.toContain('snap');
    });

    it('is installed by somebody who is not root', async () => {
      const uid = OPERATOR_UID;
      const unpacked = `${OPERATOR_HOME}/offline-snap-store`;
      good(await machine.run(`tar xzf /tmp/offline-snap-store.tar.gz -C ${OPERATOR_HOME}`, { uid }));
      expect(good(await machine.run(`${unpacked}/install.sh`, { uid }))).toContain(
        `Installed snap-store-proxy ${
          readFileSync(join(machine.root, UNPACKED, 'VERSION'), 'utf8')
            .split('\n')[0]
            ?.split('=')[1]
        }`,
      );
      const enabled = await machine.run('snap-store-proxy enable-airgap-mode', {
        uid,
        env: { SNAPSTORE_BETA_PASSWORD: INSTALL_PASSWORD },
      });
      expect(good(enabled)).toContain('Store acme-store is in air-gapped mode');
      good(await machine.run('snap-store-proxy push-snap /tmp/hello_7.snap', { uid }));
      const seen = await journey(`${OPERATOR_HOME}/.local/lib/snap-store-proxy/current/node/bin/node`, {
        uid,
      });
      expect(seen).toMatchObject({ storeId: 'acme-store', isWhole: true, outside: 'ENETUNREACH' });
      expect(good(await machine.run(`${unpacked}/install.sh`, { uid }))).toContain('installed already');
      expect(good(await machine.run(`${unpacked}/install.sh --uninstall --purge`, { uid }))).toContain(
        'Removed the data',
      );
      expect(good(await machine.run('find ~/.local -name "*snap*"', { uid }))).toBe('');
    });
  },
);
