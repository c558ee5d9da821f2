import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AckService } from '../../src/airgap-mode/ack.service.js';
import { ImportService } from '../../src/airgap-mode/import.service.js';
import { InventoryService } from '../../src/airgap-mode/inventory.service.js';
import { StoreApp } from '../support/store-app.js';
import { TestPublisher, writePair } from '../support/test-snaps.js';

const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(await publisher.writeRoot(store.directory));
});
afterAll(() => store.stop());

/** A signed snap and its assertions in a folder of their own. */
async function pairIn(name: string): Promise<{ folder: string; snap: string; assert: string }> {
  const folder = join(store.directory, name);
  const snap = await writePair(folder, publisher.snap({ name, revision: 1 }));
  return { folder, snap, assert: snap.replace(/\.snap$/, '.assert') };
}

const SILENT = { begin: () => undefined, advance: () => undefined, end: () => undefined };

async function push(path: string): Promise<void> {
  const options = { channels: [{ track: 'latest', risk: 'stable' as const }], pushChannelMap: false };
  await store.app.get(ImportService).import(path, options, SILENT);
}

async function isPushed(name: string): Promise<boolean> {
  return (await store.app.get(InventoryService).list()).some((snap) => snap.name === name);
}

describe('archives of other tools that are read', () => {
  it('from macOS, with a side file before each', async () => {
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

describe('what is refused is named for what it is, and nothing of it is there', () => {
  it.each([
    ['gnu', '0.0'],
    ['posix', '1.0'],
  ])('tar --sparse of format %s', async (format, version) => {
    const name = `sparse-${format}`;
    const { folder, snap, assert } = await pairIn(name);
    // Holes of its own make tar store it so.
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

it('passes over empty lines around assertions, which nobody signs', async () => {
  const { snap, assert } = await pairIn('empty-lines');
  writeFileSync(assert, Buffer.concat([Buffer.from('\n\n'), readFileSync(assert), Buffer.from('\n\n\n')]));
  await push(snap);
  expect(await isPushed('empty-lines')).toBe(true);
});
