import { Command, CommandRunner } from 'nest-commander';

@Command({
  name: 'serve',
  description: 'serve devices over HTTP, and over HTTPS if there is a certificate, until stopped',
})
export class ServeCommand extends CommandRunner {
  async run(): Promise<void> {
    // Loaded only here, so that other commands start faster without the HTTP server.
    const { serveUntilSignal } = await import('./serving.js');
    await serveUntilSignal();
  }
}
