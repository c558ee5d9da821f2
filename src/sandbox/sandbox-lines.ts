import { printLine } from '../common/terminal.js';
import type { SandboxDescription } from './sandbox-description.js';

/** What the sandbox is and how to use it, in a terminal. */
export function printSandbox({ url, accounts, settings, snaps }: SandboxDescription): void {
  printLine(`This is a sandbox: a stand-in for the official store, on this machine alone, at ${url}`);
  printLine('Nothing that it signs is trusted but where proxy.trusted-assertions names its root.');
  printLine('\nTurn the connected machine to it:\n');
  printLine(`  snap-store-proxy config ${settings.join(' \\\n    ')}`);
  printLine('\nAccounts to register with:\n');
  for (const { email, password, otpAuthUrl } of accounts) {
    printLine(`  ${email}  password ${password}`);
    if (otpAuthUrl === undefined) continue;
    printLine(`    second factor: ${otpAuthUrl}`);
    printLine(`    a one-time code: curl -sX POST ${url}/sandbox/totp`);
  }
  printLine('\nSnaps to fetch:\n');
  for (const { name, publisherId, channels } of snaps)
    printLine(`  ${name}  by ${publisherId}, ${channels.join(', ')}`);
  printLine('\nServing until Ctrl-C; the next start goes on with the same keys, accounts and registrations.');
}
