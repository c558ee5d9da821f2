import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstallPackage } from '../../src/registration/package/install-package.service.js';
import { testKey } from '../support/store-stack.js';
import { writePair } from '../support/test-snaps.js';
import { BareMachine, OPERATOR_HOME, OPERATOR_UID, whyNoBareMachine } from './bare-machine.js';
import {
  ConnectedMachine,
  good,
  ofBuild,
  pem,
  PORT,
  refused,
  repack,
  replace,
  tree as treeOf,
  UNPACKED,
  STORE_URL as URL,
} from './made-package.js';

const INSTALLED = '/opt/snap-store-proxy/current/install.sh';
const INSTALL_PASSWORD = 'a beta password';

const reason = whyNoBareMachine();
if (reason !== undefined)
  process.stdout.write(`skipped: the install package on a bare machine (${reason})\n`);

/** As `systemd-analyze security` counts, from 0 to 10. */
const MAX_EXPOSURE = 2.5;
const noAnalysis =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? undefined : 'no systemd-analyze here';
if (noAnalysis !== undefined) process.stdout.write(`skipped: the exposure of the unit (${noAnalysis})\n`);

let connected: ConnectedMachine;
let machine: BareMachine;
let made: InstallPackage;

const tree = (folder: string) => treeOf(machine, folder);

/** Starts the server, sends the requests of a device, and stops the server cleanly. */
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
      connected = await ConnectedMachine.start();
      made = await connected.makePackage({ installPassword: INSTALL_PASSWORD });
      machine = new BareMachine();
      machine.carry(made.path);
      machine.carry(join(import.meta.dirname, 'device.mjs'));
      const snap = connected.publisher.snap({ name: 'hello', revision: 7 });
      const pair = await writePair(join(connected.folder, 'snaps'), snap);
      machine.carry(pair);
      machine.carry(pair.replace(/\.snap$/, '.assert'));
    });
    afterAll(async () => {
      machine.remove();
      await connected.remove();
    });

    it('is private, contains only plain files, and shows no key', () => {
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
        'SHA256SUMS.sig',
        'program/LICENSE',
      ])
        expect(names).toContain(name);
      expect(names.filter((name) => name.endsWith('.map') || name.endsWith('.test.js'))).toEqual([]);
      expect(readdirSync(connected.folder).filter((name) => name.startsWith('offline'))).toHaveLength(1);
    });

    it('is carried to a machine without Node, PostgreSQL and network', async () => {
      const found = await machine.run(
        'for name in node npm postgres psql curl python3 perl; do command -v $name; done; true',
      );
      expect(good(found)).toBe('');
      expect(good(await machine.run('tar xzf /tmp/offline-snap-store.tar.gz -C /tmp'))).toBe('');
    });

    it('is installed by root, with its own account', async () => {
      const stdout = good(await machine.run(`${UNPACKED}/install.sh`));
      expect(stdout).toMatch(
        /^Installed snap-store-proxy 0\.\S+ in \/opt\/snap-store-proxy\nData: \/var\/lib\/snap-store-proxy\n/,
      );
      expect(stdout).toContain(
        'To serve devices: /usr/local/bin/snap-store-proxy serve\nNext: snap-store-proxy enable-airgap-mode\n',
      );
      expect(
        good(await machine.run('id -u snap-store-proxy; stat -c %a:%U /var/lib/snap-store-proxy/package')),
      ).toMatch(/^\d+\n700:snap-store-proxy\n$/);
      expect(good(await machine.run('snap-proxy --help'))).toContain('Usage: snap-store-proxy');
    });

    it('becomes the registered store with the password of the package', async () => {
      expect(refused(await machine.run('snap-store-proxy enable-airgap-mode'))).toContain(
        'SNAPSTORE_BETA_PASSWORD',
      );
      const enabled = await machine.run(
        'printf "the management" | snap-store-proxy enable-airgap-mode --password -',
        { env: { SNAPSTORE_BETA_PASSWORD: INSTALL_PASSWORD } },
      );
      expect(good(enabled)).toBe(
        'Store acme-store is in air-gapped mode\nPrivate key: decrypted with the install password\nManagement password: set\n',
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

    it('serves a device completely, with only loopback as its network', async () => {
      expect(good(await machine.run('snap-store-proxy push-snap /tmp/hello_7.snap'))).toContain(
        'hello revision 7',
      );
      const seen = await journey('/opt/snap-store-proxy/current/node/bin/node');
      expect(seen).toEqual({
        storeId: 'acme-store',
        identity: connected.registration().storeAssertion,
        revision: 7,
        sizeBytes: statSync(join(connected.folder, 'snaps/hello_7.snap')).size,
        isWhole: true,
        assertion: 'type: snap-revision',
        outside: 'ENETUNREACH',
      });
    });

    it('gives its data to the account, also the files that commands of root create', async () => {
      const found = await machine.run(
        'cd /var/lib/snap-store-proxy && find . -path ./postgres -prune -o \\( ! -user snap-store-proxy -o -perm /077 \\) -print && stat -c %a .',
      );
      expect(good(found)).toBe('700\n');
      expect(
        await machine.run('find /var/lib/snap-store-proxy -type f; true', { uid: OPERATOR_UID }),
      ).toMatchObject({ stdout: '' });
    });

    it('can read files that only root may read, but the processes that it starts cannot', async () => {
      machine.carry(join(connected.folder, 'snaps/hello_7.snap'), '/root');
      machine.carry(join(connected.folder, 'snaps/hello_7.assert'), '/root');
      good(await machine.run('chmod 700 /root; chmod 600 /root/hello_7.*'));
      expect(good(await machine.run('cd /root && snap-store-proxy push-snap hello_7.snap'))).toContain(
        'hello',
      );
      const status = await machine.run(
        `snap-store-proxy serve >/tmp/said & server=$!
         while ! [ -s /tmp/said ]; do kill -0 $server || exit 1; sleep 0.1; done
         database=$(head -n 1 /var/lib/snap-store-proxy/postgres/postmaster.pid)
         grep -hE '^(Uid|CapPrm|CapAmb)' /proc/$server/status /proc/$database/status
         kill -TERM $server; wait $server`,
      );
      const [uid = '', kept, ambient, ...ofDatabase] = good(status).trimEnd().split('\n');
      expect(uid).not.toMatch(/\b0\b/);
      // CAP_DAC_READ_SEARCH, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE.
      expect([kept, ambient]).toEqual(['CapPrm:\t00000000000004c4', 'CapAmb:\t0000000000000000']);
      expect(ofDatabase).toEqual([uid, 'CapPrm:\t0000000000000000', 'CapAmb:\t0000000000000000']);
    });

    it('changes nothing if it is installed twice, and says so', async () => {
      const before = tree('/');
      expect(good(await machine.run(`${UNPACKED}/install.sh`))).toMatch(
        /^snap-store-proxy 0\.\S+ is already installed in /,
      );
      expect(tree('/')).toBe(before);
    });

    it('upgrades, keeps the data, and refuses a downgrade without --allow-downgrade', async () => {
      const newer = repack(machine, 'newer', ofBuild('20990101T000000Z'));
      expect(good(await machine.run(`${newer}/install.sh`))).toMatch(
        /^Upgraded snap-store-proxy from 0\.\S+ to 0\.\S+-20990101T000000Z\n/,
      );
      expect(good(await machine.run('snap-store-proxy list-pushed-snaps'))).toContain('hello');
      const before = tree('/');
      const message = refused(await machine.run(`${UNPACKED}/install.sh`));
      expect(message).toMatch(
        /^error: cannot install 0\.\S+: the newer 0\.\S+-20990101T000000Z is installed in .*; use --allow-downgrade to replace it\n$/,
      );
      expect(tree('/')).toBe(before);
      expect(good(await machine.run(`${UNPACKED}/install.sh --allow-downgrade`))).toContain(
        'Downgraded snap-store-proxy from',
      );
      expect((await journey('/opt/snap-store-proxy/current/node/bin/node'))['revision']).toBe(7);
    });

    it.each<[string, (folder: string) => void, string]>([
      [
        'a program of another machine',
        (folder) =>
          replace(
            join(folder, 'VERSION'),
            readFileSync(join(folder, 'VERSION'), 'utf8').replace(/^architecture=.*$/m, 'architecture=s390x'),
          ),
        'the package is for s390x, but this machine is',
      ],
      [
        'a package of another format',
        (folder) =>
          replace(
            join(folder, 'VERSION'),
            readFileSync(join(folder, 'VERSION'), 'utf8').replace(/^package-format=.*$/m, 'package-format=9'),
          ),
        'the package has format 9, but this install.sh supports only format 2',
      ],
      [
        'a program that does not run',
        (folder) => {
          ofBuild('20990202T000000Z')(folder);
          replace(join(folder, 'program/node/bin/node'), '#!/bin/false\n');
        },
        'does not run on this machine',
      ],
    ])('refuses %s and keeps the installed version', async (name, change, says) => {
      const before = tree('/opt') + tree('/usr/local');
      const folder = repack(machine, name.replaceAll(' ', '-'), change);
      expect(refused(await machine.run(`${folder}/install.sh`))).toContain(says);
      expect(tree('/opt') + tree('/usr/local')).toBe(before);
      rmSync(join(machine.root, folder), { recursive: true });
    });

    it('refuses to replace a command of another program', async () => {
      const path = join(machine.root, 'usr/local/bin/snap-proxy');
      const ours = readFileSync(path);
      replace(path, '#!/bin/sh\n');
      expect(refused(await machine.run('/tmp/newer/install.sh'))).toContain(
        '/usr/local/bin/snap-proxy exists and does not belong to this store',
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
      'keeps the old version if it is killed after %d s, and succeeds afterwards',
      async (seconds) => {
        good(await machine.run(`${UNPACKED}/install.sh --allow-downgrade`));
        await machine.run(
          `/tmp/newer/install.sh >/dev/null 2>&1 & victim=$!; sleep ${seconds}; kill -KILL $victim; wait $victim`,
        );
        expect(good(await machine.run('snap-store-proxy --help'))).toContain('Usage: snap-store-proxy');
        expect(good(await machine.run('/tmp/newer/install.sh'))).toMatch(/Upgraded|already installed/);
        expect(
          readdirSync(join(machine.root, 'opt/snap-store-proxy/releases')).filter((name) =>
            name.startsWith('.'),
          ),
        ).toEqual([]);
      },
    );

    it('creates units if systemd runs', async () => {
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
      expect(unit).toContain('ExecStart=/usr/local/bin/snap-store-proxy serve\nUser=snap-store-proxy\n');
      expect(unit).not.toMatch(/@[A-Z_]+@/);
    });

    it.skipIf(noAnalysis !== undefined)(
      `creates a unit with an exposure of at most ${MAX_EXPOSURE} of 10${noAnalysis === undefined ? '' : ` (${noAnalysis})`}`,
      () => {
        const unit = join(machine.root, 'etc/systemd/system/snap-store-proxy.service');
        const said = execFileSync(
          'systemd-analyze',
          ['security', '--offline=true', `--threshold=${MAX_EXPOSURE * 10}`, '--no-pager', unit],
          { encoding: 'utf8' },
        );
        expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(
          MAX_EXPOSURE,
        );
      },
    );

    it('is removed without its data, installed again with the same data, and purged', async () => {
      expect(good(await machine.run('/opt/snap-store-proxy/current/install.sh --uninstall'))).toBe(
        'Removed the program from /opt/snap-store-proxy\nThe data is still in /var/lib/snap-store-proxy\n',
      );
      expect(good(await machine.run('ls /opt /usr/local/bin /etc/systemd/system'))).not.toContain('snap');
      rmSync(join(machine.root, 'run/systemd'), { recursive: true });
      expect(refused(await machine.run(`${UNPACKED}/install.sh --uninstall`))).toContain(
        'nothing is installed',
      );
      good(await machine.run(`${UNPACKED}/install.sh`));
      expect(good(await machine.run('snap-store-proxy list-pushed-snaps'))).toContain('hello');
      good(await machine.run(`${UNPACKED}/install.sh --uninstall`));
      expect(good(await machine.run(`${UNPACKED}/install.sh --uninstall --purge`))).toBe(
        'Removed the data in /var/lib/snap-store-proxy\n',
      );
      expect(good(await machine.run('ls /opt /var/lib'))).not.toContain('snap');
      expect(refused(await machine.run(`${UNPACKED}/install.sh --uninstall --purge`))).toContain(
        'nothing is installed',
      );
    });

    it('gives the data of a version that ran as root to the account', async () => {
      good(await machine.run(`${UNPACKED}/install.sh`));
      good(
        await machine.run('snap-store-proxy enable-airgap-mode', {
          env: { SNAPSTORE_BETA_PASSWORD: INSTALL_PASSWORD },
        }),
      );
      good(await machine.run('snap-store-proxy push-snap /tmp/hello_7.snap'));
      // The state of that version: root owns everything except the database, and everyone can read it.
      good(
        await machine.run(
          `cd /var/lib/snap-store-proxy && chmod 711 . && chown root:root . && chmod -R a+rX blobs &&
           chown -R root:root blobs config.yaml package secrets.key`,
        ),
      );
      expect(good(await machine.run('/tmp/newer/install.sh'))).toContain(
        'The data now belongs to the account snap-store-proxy\n',
      );
      const seen = await journey('/opt/snap-store-proxy/current/node/bin/node');
      expect(seen).toMatchObject({ storeId: 'acme-store', revision: 7, isWhole: true });
      const open = await machine.run(
        'cd /var/lib/snap-store-proxy && find . \\( ! -user snap-store-proxy -o -perm /077 \\) -print',
      );
      expect(good(open)).toBe('');
      good(await machine.run(`${INSTALLED} --uninstall --purge`));
    });

    it.each([
      [
        'a folder that the account cannot reach',
        '--prefix /opt/other --data /root/closed/data',
        'cannot access',
      ],
      [
        'a path that is too long',
        `--prefix /opt/other --data /var/${'x'.repeat(80)}`,
        'at most 80 characters',
      ],
      [
        'a folder of another account',
        '--prefix /opt/other --data /home/operator',
        'must belong to root or to',
      ],
    ])('refuses %s for the data', async (_what, words, says) => {
      good(await machine.run('mkdir -p -m 700 /root/closed'));
      const before = tree('/');
      expect(refused(await machine.run(`${UNPACKED}/install.sh ${words}`))).toContain(says);
      expect(tree('/')).toBe(before);
    });

    it('is installed by an account other than root', async () => {
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
      expect(good(await machine.run(`${unpacked}/install.sh`, { uid }))).toContain('already installed');
      expect(good(await machine.run(`${unpacked}/install.sh --uninstall --purge`, { uid }))).toContain(
        'Removed the data',
      );
      expect(good(await machine.run('find ~/.local -name "*snap*"', { uid }))).toBe('');
    });
  },
);
