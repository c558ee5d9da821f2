import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { isTerminal, printJson, printLine } from '../common/terminal/terminal.js';
import { statusJson, statusLines } from './status-lines.js';
import { StatusService } from './status.service.js';

@Command({
  name: 'status',
  description: 'show the state of this store, its services, its database and its contents',
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class StatusCommand extends JsonCommand {
  constructor(private readonly status: StatusService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const status = await this.status.get();
    if (options.json) printJson(statusJson(status));
    else for (const line of statusLines(status, isTerminal())) printLine(line);
    if (status.database !== 'ok') process.exitCode = 1;
  }
}
