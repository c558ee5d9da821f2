import { Command, CommandRunner } from 'nest-commander';
import { printWaiting } from './common/terminal/print-waiting.js';
import { printLine } from './common/terminal/terminal.js';

@Command({
  name: 'serve',
  description: 'serve devices over HTTP, and over HTTPS if there is a certificate, until stopped',
})
export class ServeCommand extends CommandRunner {
  async run(): Promise<void> {
    // Loaded only here, so that other commands start faster without the HTTP server.
    const { serveUntilSignal } = await import('./server.js');
    await serveUntilSignal((urls) => printLine(`Serving snaps on ${urls}`), printWaiting);
  }
}
