import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serverAccount } from './server-account.js';
import { MAX_SOCKET_PATH_BYTES, prepareFolders, serverFolders } from './server-folders.js';

const SOCKET = '/postgres-run/.s.PGSQL.5432';
/** An account that is unrelated to the database: `games` on Debian. */
const OTHER = 5;
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

/** Makes a data directory in which the socket's path has this many bytes. */
function folderFor(pathBytes: number): string {
  const folder = join(above, 'x'.repeat(pathBytes - SOCKET.length - above.length - 1));
  mkdirSync(folder);
  return folder;
}

it.each([MAX_SOCKET_PATH_BYTES - 1, MAX_SOCKET_PATH_BYTES])(
  'a path of %d bytes is short enough for a socket',
  (bytes) => {
    const folder = folderFor(bytes);
    expect(serverFolders(folder).socket).toBe(join(folder, 'postgres-run'));
  },
);

it('a longer path by one byte moves to the temporary folder, with one name for each data directory', () => {
  const folder = folderFor(MAX_SOCKET_PATH_BYTES + 1);
  const { socket } = serverFolders(folder);
  expect(dirname(socket)).toBe(tmpdir());
  symlinkSync(folder, join(above, 'link'));
  expect(serverFolders(join(above, 'link')).socket).toBe(socket);
});

it.runIf(process.getuid?.() === 0)(
  'a folder that another account creates in the temporary one (root only) does not prevent a start',
  () => {
    const folder = folderFor(MAX_SOCKET_PATH_BYTES + 1);
    chmodSync(above, 0o711);
    // The predictable name that older versions used.
    const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
    const laid = join(tmpdir(), `snap-store-proxy-${digest}`);
    mkdirSync(laid, { mode: 0o755 });
    chownSync(laid, OTHER, OTHER);
    const first = serverFolders(folder);
    expect(first.socket).not.toBe(laid);
    prepareFolders(first, serverAccount(first.data));
    expect(serverFolders(folder).socket).toBe(first.socket);
    // As after a reboot: the name is known by now, and free.
    rmSync(first.socket, { recursive: true });
    mkdirSync(first.socket);
    chownSync(first.socket, OTHER, OTHER);
    const second = serverFolders(folder);
    expect(second.socket).not.toBe(first.socket);
    prepareFolders(second, serverAccount(second.data));
    for (const path of [laid, first.socket, second.socket]) rmSync(path, { recursive: true });
  },
);

it('bytes are counted, not characters', () => {
  const folder = join(above, '\u{e9}'.repeat(60));
  mkdirSync(folder);
  expect(dirname(serverFolders(folder).socket)).toBe(tmpdir());
});

it('refuses when no folder is short enough', () => {
  const folder = folderFor(MAX_SOCKET_PATH_BYTES + 1);
  process.env['TMPDIR'] = folder;
  expect(() => serverFolders(folder)).toThrow(/^cannot start the database in .* 107 bytes$/);
});

it.each([
  ['a link', (path: string) => symlinkSync(above, path)],
  ['a file', (path: string) => writeFileSync(path, '')],
])('refuses %s in place of the socket folder', (_, lay) => {
  const folders = { ...serverFolders(above), socket: join(above, 'taken') };
  lay(folders.socket);
  expect(() => prepareFolders(folders, serverAccount(folders.data))).toThrow(
    /^cannot start the database: \S+ is not a folder of the account [-\w]+$/,
  );
});

it('makes a socket folder private again', () => {
  const folders = serverFolders(above);
  mkdirSync(folders.socket, { mode: 0o777 });
  prepareFolders(folders, serverAccount(folders.data));
  expect(statSync(folders.socket).mode & 0o777).toBe(0o700);
});
