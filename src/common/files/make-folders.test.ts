import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFolders, makeWritableFolder, removeFolders } from './make-folders.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'folders-'));
  writeFileSync(join(directory, 'file'), '');
  symlinkSync(join(directory, 'nowhere'), join(directory, 'dangling'));
});
afterAll(() => rmSync(directory, { recursive: true }));

it('creates missing folders with the mode, and returns them', () => {
  const folder = join(directory, 'a/b/c');
  const made = makeFolders(folder, 0o700);
  expect(made).toEqual(['a', 'a/b', 'a/b/c'].map((name) => join(directory, name)));
  for (const one of made) expect(statSync(one).mode & 0o777).toBe(0o700);
  expect(makeFolders(folder, 0o700)).toEqual([]);
  expect(makeFolders(`${folder}/../c//`, 0o700)).toEqual([]);
});

// Node's own `mkdir` with `recursive` never returns for the first three.
it.each(['/proc/x', '/proc/x/y', '/proc/self/x', '/proc/self/exe/x', '/dev/null/x', '/dev/null'])(
  'refuses %s',
  (path) => {
    expect(() => makeFolders(path, 0o700)).toThrow(/^(?:ENOENT|ENOTDIR|EEXIST|EACCES|EPERM)/);
  },
);

it.each(['file', 'file/x', 'dangling', 'dangling/x'])('refuses %s, and creates nothing', (name) => {
  expect(() => makeFolders(join(directory, name), 0o700)).toThrow(/^(?:ENOENT|ENOTDIR|EEXIST)/);
  expect(existsSync(join(directory, 'nowhere'))).toBe(false);
});

it('removes the folders that it created, if they are empty', () => {
  const made = makeFolders(join(directory, 'd/e/f'), 0o700);
  writeFileSync(join(directory, 'd/kept'), '');
  removeFolders(made);
  expect([existsSync(join(directory, 'd/e')), existsSync(join(directory, 'd/kept'))]).toEqual([false, true]);
});

it('tests a folder without leaving anything', () => {
  expect(() => makeWritableFolder('/proc/self', 0o700)).toThrow(/^(?:ENOENT|EACCES|EPERM)/);
  const folder = join(directory, 'tried');
  expect(makeWritableFolder(folder, 0o700)).toEqual([folder]);
  mkdirSync(join(directory, 'closed'));
  chmodSync(join(directory, 'closed'), 0o500);
  // Root can write to it anyway.
  if (process.geteuid?.() !== 0)
    expect(() => makeWritableFolder(join(directory, 'closed/x'), 0o700)).toThrow(/^EACCES/);
});
