import { readFileSync, statSync } from 'node:fs';
import { StoreError } from '../errors.js';

/** An account of the operating system. */
export interface SystemAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Nothing that this program writes is for other accounts, unless it says so of a file. */
export const PRIVATE_UMASK = 0o077;

/** The account that root's command acts for, once it does. */
let acting: SystemAccount | undefined;

/** The accounts of this machine's own list. */
export function knownAccounts(): SystemAccount[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** The name of an account, for messages too where it has none. */
export function accountName(uid: number): string {
  return knownAccounts().find((account) => account.uid === uid)?.name ?? `uid ${uid}`;
}

/**
 * Makes a process of root act for the account that a data directory belongs to, for good: what a command of root
 * writes is then the service's own, and root follows no file that a less trusted account has laid. The installed
 * command (`packaging/command`) lets it keep the permission to read what root may read; run without it, the process
 * can do no more than the account can.
 *
 * @param directory - the data directory; where it cannot be looked at, or is root's own, nothing changes
 * @throws StoreError `storage-failed` where the system does not allow it
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
      `cannot act for ${accountName(owner.uid)}, who owns ${directory}: ${why}`,
      { cause: error },
    );
  }
  acting = account ?? { name: accountName(owner.uid), uid: owner.uid, gid: owner.gid };
}

/** Whose a directory is; what stands in the way is named by whatever uses it, not by `--help` and a wrong option. */
function ownerOf(directory: string): { uid: number; gid: number } | undefined {
  try {
    return statSync(directory);
  } catch {
    return undefined;
  }
}

/** Node has it, its types do not. */
function initialGroups({ name, gid }: SystemAccount): void {
  (process as unknown as { initgroups(user: string, group: number): void }).initgroups(name, gid);
}

/**
 * What to add to a refusal of the system to write a file that the operator named.
 *
 * @param error - as Node throws it
 * @returns nothing where the account has nothing to do with it
 */
export function accountHint(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (!acting || (code !== 'EACCES' && code !== 'EPERM')) return '';
  return `; commands of root act for the account ${acting.name}: name a folder that it may write to`;
}
