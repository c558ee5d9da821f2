import { Command, CommandRunner } from 'nest-commander';
import { AtTheMachine } from './common/command-line/over-the-network.js';

@Command({
  name: 'serve',
  description: 'serve devices over HTTP, and over HTTPS if there is a certificate, until stopped',
})
@AtTheMachine('it runs the server there')
export class ServeCommand extends CommandRunner {
  async run(): Promise<void> {
    // Loaded only here, so that other commands start faster without the HTTP server.
    const { serveUntilSignal } = await import('./serving.js');
    await serveUntilSignal();
  }
}
