import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstallPackage } from '../../src/registration/package/install-package.service.js';
import { testKey } from '../support/store-stack.js';
import { BareMachine, whyNoBareMachine } from './bare-machine.js';
import {
  ConnectedMachine,
  copyOf,
  good,
  listAgain,
  ofBuild,
  refused,
  repack,
  replace,
  tree,
  UNPACKED,
} from './made-package.js';

const INSTALLED = '/opt/snap-store-proxy/current/install.sh';

const reason = whyNoBareMachine();
if (reason !== undefined) process.stdout.write(`skipped: tampered install packages (${reason})\n`);

/** Changes one line of the list. */
function inList(change: (list: string) => string): (folder: string) => void {
  return (folder) => {
    const path = join(folder, 'SHA256SUMS');
    replace(path, change(readFileSync(path, 'utf8')));
  };
}

function addFile(name: string): (folder: string) => void {
  return (folder) => writeFileSync(join(folder, name), 'added');
}

/** Changes that a courier without a key can make to a package. */
const TAMPERED: [string, (folder: string) => void, string][] = [
  [
    'a library that the dynamic linker would load first',
    (folder) => {
      mkdirSync(join(folder, 'program/node/lib'));
      writeFileSync(join(folder, 'program/node/lib/libstdc++.so.6'), 'a stub that needs libevil.so');
    },
    'program/node/lib/libstdc++.so.6 is not listed in SHA256SUMS: somebody added it',
  ],
  ['an additional file', addFile('program/dist/more.js'), 'program/dist/more.js is not listed'],
  ['a hidden file', addFile('program/.hidden'), 'program/.hidden is not listed'],
  ['a name with a space', addFile('program/a b'), 'has a name that is not allowed in a package'],
  ['a name with a newline', addFile('program/a\nb'), 'has a name that is not allowed in a package'],
  ['a name with an escape', addFile('program/\u001b[8m'), 'has a name that is not allowed in a package'],
  [
    'a link out of the package',
    (folder) => symlinkSync('/etc/passwd', join(folder, 'program/passwd')),
    'program/passwd is neither a file nor a folder',
  ],
  [
    'a link in the place of a member',
    (folder) => {
      rmSync(join(folder, 'LINKS'));
      symlinkSync('/etc/passwd', join(folder, 'LINKS'));
    },
    './LINKS is neither a file nor a folder',
  ],
  [
    'a pipe',
    (folder) => execFileSync('mkfifo', [join(folder, 'program/pipe')]),
    'program/pipe is neither a file nor a folder',
  ],
  [
    'a device',
    (folder) => execFileSync('mknod', [join(folder, 'program/null'), 'c', '1', '3']),
    'program/null is neither a file nor a folder',
  ],
  ['an empty folder', (folder) => mkdirSync(join(folder, 'program/node/lib')), 'is an empty folder'],
  [
    'a changed member',
    (folder) => replace(join(folder, 'proxy.assert'), 'x'),
    'proxy.assert is missing or damaged',
  ],
  [
    'a missing member',
    (folder) => rmSync(join(folder, 'program/package.json')),
    'program/package.json is missing',
  ],
  ['no list', (folder) => rmSync(join(folder, 'SHA256SUMS')), 'is not an install package'],
  ['a member listed twice', inList((list) => list + (list.split('\n')[0] ?? '') + '\n'), 'twice'],
  [
    'a listed name that leaves the package',
    inList((list) => `${list}${'0'.repeat(64)}  ../outside\n`),
    'a line that is not a digest and a name',
  ],
  [
    'a listed name with a backslash',
    inList((list) => `${list}\\${'0'.repeat(64)}  a\\nb\n`),
    'a line that is not a digest and a name',
  ],
];

describe.skipIf(reason !== undefined)(
  `an install package that was tampered with${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let connected: ConnectedMachine;
    let machine: BareMachine;
    let made: InstallPackage;

    beforeAll(async () => {
      connected = await ConnectedMachine.start();
      made = await connected.makePackage();
      machine = new BareMachine();
      machine.carry(made.path);
      good(await machine.run('tar xzf /tmp/offline-snap-store.tar.gz -C /tmp'));
    });
    afterAll(async () => {
      machine?.remove();
      await connected?.remove();
    });

    it.each(TAMPERED)('is refused with %s, and nothing is installed', async (_what, change, says) => {
      const before = tree(machine, '/opt') + tree(machine, '/usr/local') + tree(machine, '/var/lib');
      const folder = copyOf(machine, 'tampered', change);
      expect(refused(await machine.run(`${folder}/install.sh`))).toContain(says);
      expect(tree(machine, '/opt') + tree(machine, '/usr/local') + tree(machine, '/var/lib')).toBe(before);
      rmSync(join(machine.root, folder), { recursive: true });
    });

    it('is refused if its SHA-256 differs from the one that was carried separately', async () => {
      const other = join(machine.root, 'tmp/other.tar.gz');
      copyFileSync(join(machine.root, 'tmp/offline-snap-store.tar.gz'), other);
      appendFileSync(other, '\0');
      const before = tree(machine, '/opt');
      for (const words of [
        `--package /tmp/other.tar.gz --expect-sha256 ${made.sha256}`,
        `--expect-sha256 ${'0'.repeat(64)}`,
      ])
        expect(refused(await machine.run(`${UNPACKED}/install.sh ${words}`))).toContain(
          'it is not the file that register --offline wrote',
        );
      expect(refused(await machine.run(`${UNPACKED}/install.sh --expect-sha256 abc`))).toContain('64 digits');
      expect(tree(machine, '/opt')).toBe(before);
    });

    it('installs the content of the archive with the right SHA-256, not the files next to it', async () => {
      const list = join(machine.root, UNPACKED, 'SHA256SUMS');
      const genuine = readFileSync(list);
      const program = join(machine.root, UNPACKED, 'program/package.json');
      const packageJson = readFileSync(program);
      replace(program, '{}');
      listAgain(join(machine.root, UNPACKED), testKey('bundle'));
      const digest = good(await machine.run('sha256sum /tmp/offline-snap-store.tar.gz')).slice(0, 64);
      expect(digest).toBe(made.sha256);
      good(await machine.run(`${UNPACKED}/install.sh --expect-sha256 ${digest.toUpperCase()}`));
      expect(readFileSync(join(machine.root, 'opt/snap-store-proxy/current/SHA256SUMS'))).toEqual(genuine);
      expect(readFileSync(join(machine.root, 'opt/snap-store-proxy/current/package.json'))).toEqual(
        packageJson,
      );
      rmSync(join(machine.root, UNPACKED), { recursive: true });
      good(await machine.run('tar xzf /tmp/offline-snap-store.tar.gz -C /tmp'));
    });

    it.each<[string, boolean]>([
      ['before the store is registered, with the keys of its package', false],
      ['when the store has its keys in its database', true],
    ])('is refused as an upgrade without a trusted signature, %s', async (_when, registers) => {
      if (registers) good(await machine.run('snap-store-proxy enable-airgap-mode'));
      const before = tree(machine, '/opt');
      const upgrade = ofBuild('20990101T000000Z');
      const unsigned = copyOf(machine, 'unsigned', (folder) => {
        upgrade(folder);
        listAgain(folder);
      });
      expect(refused(await machine.run(`${INSTALLED} --package ${unsigned}`))).toMatch(
        /cannot upgrade: the installed program says: .* it is not signed, and this store trusts bundle keys/,
      );
      const foreign = repack(machine, 'foreign', upgrade, testKey('other'));
      expect(refused(await machine.run(`${INSTALLED} --package ${foreign}`))).toMatch(
        /is signed by key .*, which this store does not trust/,
      );
      const swapped = repack(machine, 'swapped', upgrade);
      copyFileSync(
        join(machine.root, UNPACKED, 'SHA256SUMS.sig'),
        join(machine.root, swapped, 'SHA256SUMS.sig'),
      );
      expect(refused(await machine.run(`${INSTALLED} --package ${swapped}`))).toMatch(
        /SHA256SUMS does not match the signature of key /,
      );
      // The genuine install.sh of such a package also asks the installed program.
      expect(refused(await machine.run(`${unsigned}/install.sh`))).toContain('it is not signed');
      expect(tree(machine, '/opt')).toBe(before);
      for (const folder of [unsigned, foreign, swapped])
        rmSync(join(machine.root, folder), { recursive: true });
    });

    it('runs nothing of the new package before the installed program has accepted it', async () => {
      const hostile = copyOf(machine, 'hostile', (folder) => {
        ofBuild('20990101T000000Z')(folder);
        for (const name of ['install.sh', 'program/node/bin/node']) {
          replace(join(folder, name), '#!/bin/sh\ntouch /tmp/hostile-ran\n');
          chmodSync(join(folder, name), 0o755);
        }
        listAgain(folder, testKey('other'));
      });
      refused(await machine.run(`${INSTALLED} --package ${hostile}`));
      expect(good(await machine.run('ls /tmp'))).not.toContain('hostile-ran');
      expect(refused(await machine.run(`snap-store-proxy check-package ${hostile}`))).toContain(
        'does not trust',
      );
    });

    it('is installed as an upgrade if a trusted key has signed it, or with --allow-unsigned', async () => {
      const newer = repack(machine, 'newer', ofBuild('20990101T000000Z'));
      expect(good(await machine.run(`snap-store-proxy check-package ${newer}`))).toMatch(
        /^Members: \d+, all as in the list\nSignature: by the trusted key \S+\n$/,
      );
      expect(good(await machine.run(`${INSTALLED} --package ${newer}`))).toContain(
        'Upgraded snap-store-proxy',
      );
      const unsigned = copyOf(machine, 'unsigned', (folder) => {
        ofBuild('20990102T000000Z')(folder);
        listAgain(folder);
      });
      expect(good(await machine.run(`${INSTALLED} --package ${unsigned} --allow-unsigned`))).toMatch(
        /^The signature of the package was not checked .*\nUpgraded snap-store-proxy/,
      );
    });

    it('is also checked as an archive, before it is unpacked', async () => {
      expect(
        good(await machine.run('snap-store-proxy check-package /tmp/offline-snap-store.tar.gz')),
      ).toContain(`SHA-256: ${made.sha256}\n`);
      good(await machine.run('mkdir /tmp/more && cp -R /tmp/offline-snap-store /tmp/more/'));
      const inArchive = join(machine.root, 'tmp/more/offline-snap-store');
      mkdirSync(join(inArchive, 'program/node/lib'), { recursive: true });
      writeFileSync(join(inArchive, 'program/node/lib/libstdc++.so.6'), 'x');
      good(await machine.run('tar czf /tmp/more.tar.gz -C /tmp/more offline-snap-store'));
      expect(refused(await machine.run('snap-store-proxy check-package /tmp/more.tar.gz'))).toContain(
        'program/node/lib/libstdc++.so.6 is not in its list (SHA256SUMS): somebody added it',
      );
      expect(refused(await machine.run(`${INSTALLED} --package /tmp/more.tar.gz`))).toContain(
        'somebody added it',
      );
    });
  },
);
