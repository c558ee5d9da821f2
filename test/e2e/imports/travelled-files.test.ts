import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_PROGRESS } from '../../../src/common/terminal/progress.js';
import { AckService } from '../../../src/imports/ack.service.js';
import { ImportService } from '../../../src/imports/import.service.js';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import { StoreApp } from '../../support/store-app.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

/** A signed snap and its assertions in a new folder. */
async function pairIn(name: string): Promise<{ folder: string; snap: string; assert: string }> {
  const folder = join(store.directory, name);
  const snap = await writePair(folder, publisher.snap({ name, revision: 1 }));
  return { folder, snap, assert: snap.replace(/\.snap$/, '.assert') };
}

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--help'], { stdio: 'ignore' }).error === undefined;
}

async function push(path: string): Promise<void> {
  const options = { channels: [{ track: 'latest', risk: 'stable' as const }], pushChannelMap: false };
  await store.app.get(ImportService).import(path, options, NO_PROGRESS);
}

async function isPushed(name: string): Promise<boolean> {
  return (await store.app.get(InventoryService).list()).some((snap) => snap.name === name);
}

describe('accepted archives of other tools', () => {
  it('from macOS, with a side file before each file', async () => {
    const { folder, snap, assert } = await pairIn('from-a-mac');
    const appleDouble = Buffer.concat([Buffer.from([0, 5, 0x16, 7]), Buffer.alloc(146)]);
    const files = [snap, assert].flatMap((path) => {
      const name = `._${basename(path)}`;
      writeFileSync(join(folder, name), appleDouble);
      return [name, basename(path)];
    });
    mkdirSync(join(folder, '__MACOSX'));
    writeFileSync(join(folder, '__MACOSX/._x.assert'), appleDouble);
    writeFileSync(join(folder, '.DS_Store'), appleDouble);
    execFileSync('tar', ['-cf', 'mac.tar', ...files, '__MACOSX', '.DS_Store'], { cwd: folder });
    await push(join(folder, 'mac.tar'));
    expect(await isPushed('from-a-mac')).toBe(true);
  });

  it.each([
    ['v7', 'old.tar', '-cf'],
    ['v7', 'old-gz.tar.gz', '-czf'],
    ['oldgnu', 'gnu.tar', '-cf'],
  ])('of format %s (%s)', async (format, archive, flags) => {
    const name = `as-${archive.replaceAll('.', '-')}`;
    const { folder, snap, assert } = await pairIn(name);
    execFileSync('tar', [flags, archive, `--format=${format}`, basename(assert), basename(snap)], {
      cwd: folder,
    });
    await push(join(folder, archive));
    expect(await isPushed(name)).toBe(true);
  });
});

describe('accepted archives of tools with their own formats', () => {
  const PYTHON =
    'import sys, tarfile; t = tarfile.open(sys.argv[1], "w:" + sys.argv[2], format=getattr(tarfile, sys.argv[3])); [t.add(n) for n in sys.argv[4:]]; t.close()';
  it.each<[string, (names: readonly string[]) => [string, readonly string[]]]>([
    ['GNU, incremental', () => ['sh', ['-c', 'tar -cf ../inc.tar -g ../snar . && mv ../inc.tar x']]],
    ['GNU, with a label', (names) => ['tar', ['-cf', 'x', '--label=stick', ...names]]],
    ['GNU, pax', (names) => ['tar', ['-czf', 'x', '--format=posix', ...names]]],
    [
      'GNU, two in one',
      (names) => ['sh', ['-c', `tar -cf a ${names[0]} && tar -cf b ${names[1]} && cat a b > x`]],
    ],
    ['busybox', (names) => ['busybox', ['tar', '-czf', 'x', ...names]]],
    [
      'gzip in two members',
      (names) => [
        'sh',
        ['-c', `tar -cf t ${names.join(' ')} && head -c 3000 t | gzip > x && tail -c +3001 t | gzip >> x`],
      ],
    ],
    ['Python, ustar', (names) => ['python3', ['-c', PYTHON, 'x', '', 'USTAR_FORMAT', ...names]]],
    ['Python, GNU', (names) => ['python3', ['-c', PYTHON, 'x', 'gz', 'GNU_FORMAT', ...names]]],
    ['Python, pax', (names) => ['python3', ['-c', PYTHON, 'x', 'gz', 'PAX_FORMAT', ...names]]],
  ])('%s', async (what, command) => {
    const name = `tool-${what.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
    const { folder, snap, assert } = await pairIn(name);
    const [program, words] = command([basename(assert), basename(snap)]);
    if (!hasProgram(program)) return console.warn(`not tried: there is no ${program} here`);
    execFileSync(program, [...words], { cwd: folder, stdio: 'pipe' });
    await push(join(folder, 'x'));
    expect(await isPushed(name)).toBe(true);
  });
});

describe('a refused file is named by its type, and the store is unchanged', () => {
  it.each([
    ['gnu', '0.0'],
    ['posix', '1.0'],
  ])('tar --sparse of format %s', async (format, version) => {
    const name = `sparse-${format}`;
    const { folder, snap, assert } = await pairIn(name);
    // Holes in the file make tar store it as sparse.
    execFileSync('truncate', ['-s', '+1M', snap]);
    const options = [
      '-cSf',
      'sparse.tar',
      `--format=${format}`,
      ...(format === 'posix' ? [`--sparse-version=${version}`] : []),
    ];
    execFileSync('tar', [...options, basename(assert), basename(snap)], { cwd: folder });
    await expect(push(join(folder, 'sparse.tar'))).rejects.toThrow(/--sparse/);
    expect(await isPushed(name)).toBe(false);
  });

  it('a snap that was compressed with gzip', async () => {
    const { snap } = await pairIn('gzipped-snap');
    execFileSync('gzip', ['-k', snap]);
    await expect(push(`${snap}.gz`)).rejects.toThrow(/a snap that was compressed with gzip: unpack it/);
    expect(await isPushed('gzipped-snap')).toBe(false);
  });

  it('an archive that was compressed twice', async () => {
    const { folder, snap, assert } = await pairIn('gzipped-twice');
    execFileSync('sh', ['-c', `tar -cz ${basename(assert)} ${basename(snap)} | gzip > x.tar.gz`], {
      cwd: folder,
    });
    await expect(push(join(folder, 'x.tar.gz'))).rejects.toThrow(
      /compressed with gzip twice: unpack it once/,
    );
  });

  it('a web page that was compressed with gzip', async () => {
    const { folder } = await pairIn('gzipped-page');
    execFileSync('sh', ['-c', 'echo "<!DOCTYPE html><html>" | gzip > x.tar.gz'], { cwd: folder });
    await expect(push(join(folder, 'x.tar.gz'))).rejects.toThrow(/is not a tar: it starts with .*a web page/);
  });

  it.each(['snap', 'part'])('a download that was cut off (.%s)', async (suffix) => {
    const { folder, snap, assert } = await pairIn(`cut-${suffix}`);
    const path = join(folder, `cut.${suffix}`);
    writeFileSync(path, readFileSync(snap).subarray(0, 150));
    await expect(push(path)).rejects.toThrow(/it is cut off: it has 150 bytes, and its header says/);
    writeFileSync(assert, readFileSync(assert).subarray(0, 1_500));
    await expect(store.app.get(AckService).ack(assert)).rejects.toThrow(/was cut off, copy it again/);
  });

  it('an image of a CD', async () => {
    const path = join(store.directory, 'stick.iso');
    writeFileSync(path, Buffer.concat([Buffer.alloc(32_769), Buffer.from('CD001'), Buffer.alloc(2_000)]));
    await expect(push(path)).rejects.toThrow(/an image of a CD \(ISO 9660\): mount it/);
  });

  it.each([
    [
      'crlf',
      (text: Buffer) => Buffer.from(text.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
      /CRLF/,
    ],
    ['bom', (text: Buffer) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]), /byte order mark/],
    ['utf16', (text: Buffer) => Buffer.from(`\ufeff${text.toString()}`, 'utf16le'), /UTF-16/],
    ['empty', () => Buffer.alloc(0), /is empty/],
    ['joined', (text: Buffer) => Buffer.concat([text, text]), /an empty line is missing/],
  ])('an .assert file: %s', async (name, spoil, expected) => {
    const { snap, assert } = await pairIn(`assert-${name}`);
    writeFileSync(assert, spoil(readFileSync(assert)));
    await expect(push(snap)).rejects.toThrow(expected);
    await expect(store.app.get(AckService).ack(assert)).rejects.toThrow(expected);
    expect(await isPushed(`assert-${name}`)).toBe(false);
  });

  it('a snap that is given to ack', async () => {
    const { snap } = await pairIn('acked-snap');
    await expect(store.app.get(AckService).ack(snap)).rejects.toThrow(/it is a snap: give the \.assert file/);
  });
});

it('ignores empty lines around assertions, which are not signed', async () => {
  const { snap, assert } = await pairIn('empty-lines');
  writeFileSync(assert, Buffer.concat([Buffer.from('\n\n'), readFileSync(assert), Buffer.from('\n\n\n')]));
  await push(snap);
  expect(await isPushed('empty-lines')).toBe(true);
});
