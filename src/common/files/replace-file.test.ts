import { chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceFile } from './replace-file.js';

const isRoot = process.geteuid?.() === 0;
/** `games`, and the group `man`, on Debian. */
const ACCOUNT = 5;
const OTHER_GROUP = 12;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replace-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.runIf(isRoot)('gives a file that root writes to its owner (root only)', () => {
  const path = join(folder, 'file');
  replaceFile(path, 'text', 0o600, { uid: ACCOUNT, gid: OTHER_GROUP });
  expect(statSync(path)).toMatchObject({ uid: ACCOUNT, gid: OTHER_GROUP });
});

it.runIf(isRoot)('does not change the owner if it is not root (root only)', () => {
  const path = join(folder, 'file');
  chownSync(folder, ACCOUNT, ACCOUNT);
  process.seteuid?.(ACCOUNT);
  try {
    // The system would refuse it, as it does under the unit of the service.
    replaceFile(path, 'text', 0o600, { uid: ACCOUNT, gid: OTHER_GROUP });
  } finally {
    process.seteuid?.(0);
  }
  expect(readFileSync(path, 'utf8')).toBe('text');
  expect(statSync(path).uid).toBe(ACCOUNT);
});
