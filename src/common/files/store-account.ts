import { readFileSync, statSync } from 'node:fs';
import { StoreError } from '../errors.js';

/** An account of the operating system. */
export interface SystemAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Files of this program are private by default. */
export const PRIVATE_UMASK = 0o077;

/** The account for which root's command acts, if it does. */
let acting: SystemAccount | undefined;

/** The accounts in this machine's own list. */
export function knownAccounts(): SystemAccount[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** The name of an account, or its number in messages if it has no name. */
export function accountName(uid: number): string {
  return knownAccounts().find((account) => account.uid === uid)?.name ?? `uid ${uid}`;
}

/**
 * Makes a process of root act permanently as the account that owns a data directory. So the files of root's
 * command belong to the service, and root follows no link that a less trusted account has made. The installed
 * command (`packaging/command`) lets it keep root's permission to read. Without it, the process can do only
 * what the account can.
 *
 * @param directory - the data directory; if it cannot be read or belongs to root, nothing changes
 * @throws StoreError `storage-failed` if the system does not allow it
 */
export function actForOwner(directory: string): void {
  if (process.geteuid?.() !== 0) return;
  const owner = ownerOf(directory);
  if (!owner || owner.uid === 0) return;
  const account = knownAccounts().find(({ uid }) => uid === owner.uid);
  try {
    if (account) initialGroups(account);
    else process.setgroups?.([]);
    process.setgid?.(account?.gid ?? owner.gid);
    process.setuid?.(owner.uid);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError(
      'storage-failed',
      `cannot act as ${accountName(owner.uid)}, who owns ${directory}: ${why}`,
      { cause: error },
    );
  }
  acting = account ?? { name: accountName(owner.uid), uid: owner.uid, gid: owner.gid };
}

/**
 * The owner of a directory. Errors are reported by the code that uses it, not by `--help` and a wrong option.
 */
function ownerOf(directory: string): { uid: number; gid: number } | undefined {
  try {
    return statSync(directory);
  } catch {
    return undefined;
  }
}

/** Node has this function, but its types do not. */
function initialGroups({ name, gid }: SystemAccount): void {
  (process as unknown as { initgroups(user: string, group: number): void }).initgroups(name, gid);
}

/**
 * A hint for the system's error about writing a file that the operator named.
 *
 * @param error - as Node throws it
 * @returns nothing if the account is not the cause
 */
export function accountHint(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (!acting || (code !== 'EACCES' && code !== 'EPERM')) return '';
  return `; commands of root act as the account ${acting.name}: name a folder that it may write to`;
}
