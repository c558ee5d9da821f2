import { spawnSync } from 'node:child_process';
import { chownSync, lchownSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { accountName, knownAccounts, type SystemAccount } from '../../common/files/store-account.js';

/** The account of the operating system that runs the database server. */
export type ServerAccount = SystemAccount;

/** PostgreSQL refuses to run as root. So root runs its server as this account, which nothing else uses. */
const STORE_ACCOUNT = 'snap-store-proxy';
const MAKE_ACCOUNT = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];

/** Another process may be writing the list of accounts. `useradd` is tried this often, with this pause. */
const MAKING_TRIES = 20;
const MAKING_PAUSE_MS = 250;

/**
 * Older versions used these accounts. Other services use them too, and each service could read the store's
 * database.
 */
const SHARED_ACCOUNTS = ['postgres', 'nobody'];

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

function ownAccount(): ServerAccount {
  const uid = process.geteuid?.() ?? -1;
  return { name: accountName(uid), uid, gid: process.getegid?.() ?? -1 };
}

function ownerOf(path: string): ServerAccount | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  return { name: accountName(found.uid), uid: found.uid, gid: found.gid };
}

/**
 * Chooses the account for the server of a data folder. If the folder exists, this is its owner. Otherwise root
 * uses the store's own account, and every other account uses itself. It is never an account that other services
 * use: the account can read the whole database.
 *
 * @param dataFolder - PostgreSQL's own folder; it need not exist
 * @throws StoreError `database-unavailable` if the folder belongs to another account, or root cannot create the
 *   account
 */
export function serverAccount(dataFolder: string): ServerAccount {
  const owner = ownerOf(dataFolder);
  if (!isRoot()) {
    const self = ownAccount();
    if (!owner || owner.uid === self.uid) return self;
    throw new StoreError(
      'database-unavailable',
      `cannot use the database in ${dataFolder}: it belongs to ${owner.name}, but this program runs as ${self.name}`,
    );
  }
  if (!owner || owner.uid === 0) return storeAccount();
  if (!SHARED_ACCOUNTS.includes(owner.name)) return owner;
  throw new StoreError(
    'database-unavailable',
    `cannot use the database in ${dataFolder}: it belongs to ${owner.name}, an account that other services use; stop the store, and run \`chown -R ${storeAccount().name}: ${dataFolder} ${dirname(dataFolder)}/postgres-run\``,
  );
}

/** The account of the store. If it does not exist, root creates it as install.sh does. */
function storeAccount(): ServerAccount {
  let why = '';
  for (let tries = 0; tries < MAKING_TRIES; tries += 1) {
    const found = knownAccounts().find(({ name }) => name === STORE_ACCOUNT);
    if (found) return found;
    if (tries > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MAKING_PAUSE_MS);
    const made = spawnSync('useradd', [...MAKE_ACCOUNT, STORE_ACCOUNT], { encoding: 'utf8' });
    why = made.error?.message ?? made.stderr.trim();
    if (made.error) break;
  }
  throw new StoreError(
    'database-unavailable',
    `cannot start the database as root: the account ${STORE_ACCOUNT}, which must run it, does not exist and cannot be created (${why})`,
  );
}

/** The options of `spawn` that start a program as the account; none if this process runs as it. */
export function spawnIdentity(account: ServerAccount): { uid?: number; gid?: number } {
  return isRoot() ? { uid: account.uid, gid: account.gid } : {};
}

/** Gives a folder to the account. Only root needs to, and only root can. */
export function giveTo(path: string, account: ServerAccount): void {
  if (isRoot()) chownSync(path, account.uid, account.gid);
}

/** Gives a folder and everything in it to the account. */
export function giveTreeTo(path: string, account: ServerAccount): void {
  if (!isRoot()) return;
  giveTo(path, account);
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(path, name), account.uid, account.gid);
  }
}

/** Whether the account may pass through a folder. The kernel decides, so access lists are included. */
export function canEnter(folder: string, account: ServerAccount): boolean {
  const tried = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    ...spawnIdentity(account),
    cwd: '/',
    stdio: 'ignore',
  });
  return tried.status === 0;
}
