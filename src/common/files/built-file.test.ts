import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtFile } from './built-file.js';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'built-file-'));
  for (const file of ['assets/demo', 'dist/assets/demo', 'dist/threads/x.thread.js']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
});
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  ['src/common/files', 'threads/x.thread.js', 'dist/threads/x.thread.js'],
  ['build/common/files', 'threads/x.thread.js', 'dist/threads/x.thread.js'],
  ['dist', 'threads/x.thread.js', 'dist/threads/x.thread.js'],
  ['dist/chunks', 'threads/x.thread.js', 'dist/threads/x.thread.js'],
  ['src/common/files', 'assets/demo', 'assets/demo'],
  ['dist/chunks', 'assets/demo', 'dist/assets/demo'],
])('code in %s finds %s', (folder, path, found) => {
  expect(builtFile(path, join(root, folder))).toBe(join(root, found));
});

it('says that the program is not built if there is no such file', () => {
  expect(() => builtFile('threads/other.thread.js', join(root, 'src'))).toThrow(
    'threads/other.thread.js is missing: the program is not built',
  );
});
