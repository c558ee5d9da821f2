import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serverAccount } from './server-account.js';
import { MAX_SOCKET_PATH_BYTES, prepareFolders, serverFolders } from './server-folders.js';

const SOCKET = '/postgres-run/.s.PGSQL.5432';
const usual = process.env['TMPDIR'];
let above: string;

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'folders-'));
});
afterEach(() => {
  if (usual === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = usual;
  rmSync(above, { recursive: true });
});

/** Makes a data directory below which the socket's path has that many bytes. */
function folderFor(pathBytes: number): string {
  const folder = join(above, 'x'.repeat(pathBytes - SOCKET.length - above.length - 1));
  mkdirSync(folder);
  return folder;
}

it.each([MAX_SOCKET_PATH_BYTES - 1, MAX_SOCKET_PATH_BYTES])('a path of %d bytes fits a socket', (bytes) => {
  const folder = folderFor(bytes);
  expect(serverFolders(folder).socket).toBe(join(folder, 'postgres-run'));
});

it('a path of one byte more goes to the temporary folder, one name for one data directory', () => {
  const folder = folderFor(MAX_SOCKET_PATH_BYTES + 1);
  const { socket } = serverFolders(folder);
  expect(dirname(socket)).toBe(tmpdir());
  symlinkSync(folder, join(above, 'link'));
  expect(serverFolders(join(above, 'link')).socket).toBe(socket);
});

it('bytes count, not characters', () => {
  const folder = join(above, '\u{e9}'.repeat(60));
  mkdirSync(folder);
  expect(dirname(serverFolders(folder).socket)).toBe(tmpdir());
});

it('refuses where no folder is short enough', () => {
  const folder = folderFor(MAX_SOCKET_PATH_BYTES + 1);
  process.env['TMPDIR'] = folder;
  expect(() => serverFolders(folder)).toThrow(/^cannot start the database in .* 107 bytes$/);
});

it.each([
  ['a link', (path: string) => symlinkSync(above, path)],
  ['a file', (path: string) => writeFileSync(path, '')],
])('refuses %s in the place of the socket folder', (_, lay) => {
  const folders = { ...serverFolders(above), socket: join(above, 'taken') };
  lay(folders.socket);
  expect(() => prepareFolders(folders, serverAccount(folders.data))).toThrow(
    /^cannot start the database: \S+ is not a folder of the account [-\w]+$/,
  );
});

it('makes a folder that was left open private again', () => {
  const folders = serverFolders(above);
  mkdirSync(folders.socket, { mode: 0o777 });
  prepareFolders(folders, serverAccount(folders.data));
  expect(statSync(folders.socket).mode & 0o777).toBe(0o700);
});
