import { isatty } from 'node:tty';
import picocolors from 'picocolors';
import { printLine, printStyled } from '../common/terminal/terminal.js';
import type { DemoStory } from './demo-story.js';

/** Colours are used only at a terminal, and only if NO_COLOR is not set. */
const hasColours = isatty(process.stdout.fd) && process.env['NO_COLOR'] === undefined;
const colors = picocolors.createColors(hasColours);

function heading(text: string): void {
  printLine();
  printStyled([text, (shown) => colors.bold(colors.cyan(shown))]);
}

function item(text: string): void {
  printLine(`  ${text}`);
}

function done(text: string): void {
  printStyled(['  '], ['✓', colors.green], [` ${text}`]);
}

/** Prints the results of the demo. */
export function printStory({ storeId, storeUrl, pushed, asked, chain, digest }: DemoStory): void {
  printStyled(['A snap store on this machine, with its own trusted root', colors.bold]);
  heading('1. Signed and pushed');
  for (const { name, revision, sizeBytes } of pushed)
    done(`${name} revision ${revision} (${sizeBytes} bytes)`);
  heading('2. Asked as a device asks');
  item(`install demo-hello → revision ${asked.revision}, version ${asked.version}, from ${asked.channel}`);
  heading('3. Verified as a device verifies');
  done(`SHA3-384 ${digest.slice(0, 16)}… of the downloaded file`);
  for (const link of chain) done(link);
  heading('4. The store');
  printStyled(['  '], [storeUrl, colors.bold], [`  (store id ${storeId})`]);
}

/** Prints how to use the store while it is serving. */
export function printServing({ storeUrl, deviceCommands }: DemoStory): void {
  heading('5. Connect a device to it');
  for (const command of deviceCommands) printStyled(['  '], [command, colors.yellow]);
  printLine();
  item(
    'An unmodified snapd trusts only the root of Canonical and refuses the first command for this sandbox;',
  );
  item('`npm run test:snapd` runs all four with a real snapd that trusts such a root.');
  item(
    `Addresses to look at: ${storeUrl}/v2/snaps/find?fields=title,summary  ${storeUrl}/v2/snaps/info/demo-hello`,
  );
  printLine();
  printStyled(['Serving until Ctrl-C; then everything is removed.', colors.dim]);
}
