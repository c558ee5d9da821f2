import { spawnSync } from 'node:child_process';
import { chownSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../common/errors.js';

/** The operating system account that the database server runs as. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root hands its server to the first of these that exists; install.sh makes the first. */
const UNPRIVILEGED_ACCOUNTS = ['snap-store-proxy', 'postgres', 'nobody'];

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

function knownAccounts(): ServerAccount[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

function nameOf(uid: number): string {
  return knownAccounts().find((account) => account.uid === uid)?.name ?? `uid ${uid}`;
}

function ownAccount(): ServerAccount {
  const uid = process.geteuid?.() ?? -1;
  return { name: nameOf(uid), uid, gid: process.getegid?.() ?? -1 };
}

function ownerOf(path: string): ServerAccount | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  return { name: nameOf(found.uid), uid: found.uid, gid: found.gid };
}

/**
 * Chooses the account for the server of a data folder: the folder's owner where it exists, else
 * an unprivileged one for root and oneself for everybody else.
 *
 * @param dataFolder - PostgreSQL's own folder; it need not exist
 * @throws StoreError `database-unavailable` where the folder belongs to somebody else, or root has
 *   no account to hand the server to
 */
export function serverAccount(dataFolder: string): ServerAccount {
  const owner = ownerOf(dataFolder);
  if (!isRoot()) {
    const self = ownAccount();
    if (!owner || owner.uid === self.uid) return self;
    throw new StoreError(
      'database-unavailable',
      `cannot use the database in ${dataFolder}: it belongs to ${owner.name}, and this runs as ${self.name}`,
    );
  }
  if (owner && owner.uid !== 0) return owner;
  const accounts = knownAccounts();
  for (const wanted of UNPRIVILEGED_ACCOUNTS) {
    const account = accounts.find(({ name }) => name === wanted);
    if (account) return account;
  }
  throw new StoreError(
    'database-unavailable',
    `cannot start the database as root: there is no account ${UNPRIVILEGED_ACCOUNTS.join(' or ')} to run it as`,
  );
}

/** What `spawn` needs to start a program as the account: nothing where we are it. */
export function spawnIdentity(account: ServerAccount): { uid?: number; gid?: number } {
  return isRoot() ? { uid: account.uid, gid: account.gid } : {};
}

/** Gives a folder to the account; only root needs to, and only root can. */
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

/** Whether the account may pass through a folder, as the kernel judges it, access lists included. */
export function canEnter(folder: string, account: ServerAccount): boolean {
  const tried = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    ...spawnIdentity(account),
    cwd: '/',
    stdio: 'ignore',
  });
  return tried.status === 0;
}
