import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepPrivate } from './private-files.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let above: string;
let data: string;

/** As older versions made them: folders 0755, files 0644. */
function lay(path: string, mode = 0o644): string {
  const file = join(data, path);
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o755 });
  writeFileSync(file, 'content');
  chmodSync(file, mode);
  return file;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Files there that another account can read. */
function readByNobody(): string[] {
  const said = spawnSync('find', [data, '-type', 'f', '-readable'], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
    encoding: 'utf8',
  });
  return said.stdout.split('\n').filter((line) => line !== '');
}

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'private-files-'));
  chmodSync(above, 0o755);
  data = join(above, 'data');
  mkdirSync(data, { mode: 0o711 });
});
afterEach(() => rmSync(above, { recursive: true }));

describe('a data directory of an older version', () => {
  it('is closed at once, and its content is corrected in the background', async () => {
    const blob = lay('blobs/ab/cd/abcd');
    const bundle = lay('downloads/jq.tar.gz');
    const settings = lay('config.yaml');
    const program = lay('helper/run', 0o755);
    const mending = keepPrivate(data);
    expect([data, join(data, 'blobs'), join(data, 'downloads')].map(modeOf)).toEqual([0o700, 0o700, 0o700]);
    expect(modeOf(settings)).toBe(0o600);
    await mending;
    expect([blob, bundle, program].map(modeOf)).toEqual([0o600, 0o600, 0o700]);
    expect(modeOf(join(data, 'blobs/ab/cd'))).toBe(0o700);
  });

  it.runIf(isRoot)(
    'can no longer be read by another account (this test runs only as root, to become one)',
    async () => {
      chmodSync(data, 0o755);
      lay('blobs/ab/cd/abcd');
      expect(readByNobody()).toHaveLength(1);
      await keepPrivate(data);
      expect(readByNobody()).toEqual([]);
      // Even if root's database, which another account runs, must pass through the directory itself.
      chmodSync(data, 0o711);
      expect(readByNobody()).toEqual([]);
    },
  );

  it('skips links, the database, and folders that are already closed', async () => {
    const outside = join(above, 'outside');
    writeFileSync(outside, 'x', { mode: 0o644 });
    symlinkSync(outside, join(data, 'link'));
    lay('blobs/ab/file');
    symlinkSync(outside, join(data, 'blobs/ab/link'));
    const inDatabase = lay('postgres/PG_VERSION');
    const done = lay('blobs/done/file');
    chmodSync(join(data, 'blobs/done'), 0o700);
    await keepPrivate(data);
    expect([outside, inDatabase, done].map(modeOf)).toEqual([0o644, 0o644, 0o644]);
    expect(modeOf(join(data, 'blobs/ab/file'))).toBe(0o600);
  });

  it('costs little when it is done, however many files there are', async () => {
    for (let folder = 0; folder < 40; folder += 1)
      for (let file = 0; file < 25; file += 1) lay(`blobs/${folder}/${file % 5}/${file}`);
    await keepPrivate(data);
    const names = readdirSync(join(data, 'blobs'), { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => (statSync(join(data, 'blobs', name)).mode & 0o077) !== 0)).toEqual([]);
    // Only the top level is checked again: a file deeper down that was opened by hand stays.
    chmodSync(join(data, 'blobs/7/2/7'), 0o644);
    await keepPrivate(data);
    expect(modeOf(join(data, 'blobs/7/2/7'))).toBe(0o644);
  });

  it('may be missing', async () => await expect(keepPrivate(join(above, 'none'))).resolves.toBeUndefined());
});
