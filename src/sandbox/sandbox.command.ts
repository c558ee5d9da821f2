import { Command, Option } from 'nest-commander';
import { AtTheMachine } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson } from '../common/terminal/terminal.js';
import { parseFaultWords, type Fault } from './faults/fault.js';

interface SandboxCommandOptions extends JsonOption {
  readonly port?: number;
  readonly reset?: boolean;
  readonly redirect?: boolean;
  readonly fault?: Fault[];
}

const DEFAULT_PORT = 8_090;
const MAX_PORT = 65_535;

@Command({
  name: 'sandbox',
  description: 'run a small upstream store on this machine, to try all commands offline',
})
@AtTheMachine('it runs a server there')
export class SandboxCommand extends JsonCommand {
  async run(_arguments: string[], options: SandboxCommandOptions = {}): Promise<void> {
    // Loaded only here: the other commands start faster without the HTTP server.
    const { runSandbox } = await import('./sandbox.js');
    const { printSandbox } = await import('./sandbox-lines.js');
    await runSandbox(
      {
        port: options.port ?? DEFAULT_PORT,
        reset: options.reset === true,
        redirects: options.redirect !== false,
        faults: options.fault ?? [],
      },
      options.json ? printJson : printSandbox,
    );
  }

  @Option({
    flags: '--port <port>',
    description: `port on 127.0.0.1; 0 means any free port (default: ${DEFAULT_PORT})`,
  })
  parsePort(text: string): number {
    const port = Number(text);
    if (/^\d{1,5}$/.test(text) && port <= MAX_PORT) return port;
    throw new StoreError('invalid-request', `cannot use port ${JSON.stringify(text)}: give 0 to ${MAX_PORT}`);
  }

  @Option({
    flags: '--reset',
    description: 'start from the beginning: new keys, new accounts, no registration',
  })
  parseReset(): boolean {
    return true;
  }

  @Option({ flags: '--no-redirect', description: 'serve downloads directly instead of redirecting them' })
  parseRedirect(): boolean {
    return false;
  }

  @Option({
    flags: '--fault <fault>',
    description: 'cause a fault, such as cut,percent=99,count=2,path=/api/v1/snaps/download/* (repeatable)',
  })
  parseFault(text: string, before: Fault[] = []): Fault[] {
    return [...before, parseFaultWords(text)];
  }
}
