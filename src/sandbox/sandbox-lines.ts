import { printLine, printText } from '../common/terminal/terminal.js';
import type { SandboxDescription } from './sandbox-description.js';

/** Prints what the sandbox is and how to use it. */
export function printSandbox({ url, accounts, settings, snaps }: SandboxDescription): void {
  printLine(`This is a sandbox: it replaces the official store, on this machine only, at ${url}`);
  printLine('Its signatures are trusted only by stores whose proxy.trusted-assertions names its root.');
  printText('\nMake the connected machine use it:\n\n');
  printText(`  snap-store-proxy config ${settings.join(' \\\n    ')}`);
  printText('\nAccounts to register with:\n\n');
  for (const { email, password, otpAuthUrl } of accounts) {
    printLine(`  ${email}  password ${password}`);
    if (otpAuthUrl === undefined) continue;
    printLine(`    second factor: ${otpAuthUrl}`);
    printLine(`    a one-time code: curl -sX POST ${url}/sandbox/totp`);
  }
  printText('\nSnaps to fetch:\n\n');
  for (const { name, publisherId, channels } of snaps)
    printLine(`  ${name}  by ${publisherId}, ${channels.join(', ')}`);
  printText('\nServing until Ctrl-C; the next start uses the same keys, accounts and registrations.');
}
