import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGivenFiles, FOLDER_LIMITS, type GivenFiles } from './given-files.js';
import { isSideFile } from './side-files.js';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'given-files-'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function find(typed: readonly string[], limits = FOLDER_LIMITS): Promise<GivenFiles> {
  return await findGivenFiles(
    typed.map((shown) => ({ shown, path: shown })),
    limits,
  );
}

function folderOf(name: string, files: readonly string[]): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) writeFileSync(join(folder, file), file);
  return folder;
}

describe('findGivenFiles', () => {
  it('names files as they were typed, and those of a folder below it, in order, each once', async () => {
    const folder = folderOf('ordered', ['b', 'a', '.DS_Store']);
    const named = join(folder, 'b');
    const { files, shown, unreadable } = await find([named, `${folder}/`, join(root, 'gone')]);
    expect(files).toEqual([
      { shown: named, path: named, isNamed: true },
      { shown: join(folder, 'a'), path: join(folder, 'a'), isNamed: false },
    ]);
    expect(unreadable).toEqual(new Map([[join(root, 'gone'), 'there is no such file']]));
    expect(shown).toEqual([named, join(folder, 'a'), named, join(root, 'gone')]);
  });

  it('follows a link that is named, but none inside a folder', async () => {
    const folder = folderOf('linked', ['a']);
    const link = join(root, 'link');
    symlinkSync(folder, link);
    symlinkSync(folder, join(folder, 'round'));
    symlinkSync('/nowhere', join(folder, 'dangling'));
    const { files, links } = await find([link]);
    expect([files.map(({ shown }) => shown), links]).toEqual([[join(link, 'a')], 2]);
  });

  it('refuses a file that is named twice', async () => {
    await expect(find(['x', 'x'])).rejects.toThrow('cannot use a file twice in one command');
  });

  it('limits the number of files and the nesting of folders', async () => {
    const folder = folderOf('many', ['a', 'b', 'c']);
    mkdirSync(join(folder, 'd/e'), { recursive: true });
    writeFileSync(join(folder, 'd/e/f'), '');
    const unreadableWith = async (limits: { files: number; depth: number }) => [
      ...(await find([folder], limits)).unreadable.values(),
    ];
    expect(await unreadableWith({ files: 4, depth: 3 })).toEqual([]);
    expect(await unreadableWith({ files: 3, depth: 3 })).toEqual([
      'it has more than 3 files: give smaller folders',
    ]);
    expect(await unreadableWith({ files: 4, depth: 2 })).toEqual(['it has more than 2 nested folders']);
  });
});

it.each([
  '.DS_Store',
  'a/._b',
  'SYSTEM VOLUME INFORMATION/x',
  'x.snap:Zone.Identifier',
  '.Trash-1000/files/x.snap',
  'THUMBS.DB',
  'FOUND.000/x',
])("%s is a system's side file", (path) => expect(isSideFile(path)).toBe(true));

it.each(['jq_1.snap', 'my.DS_Store', 'a._b', 'lost+found.snap', 'trash/x.snap'])(
  '%s is not a side file',
  (path) => expect(isSideFile(path)).toBe(false),
);
