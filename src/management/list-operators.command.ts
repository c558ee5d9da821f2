import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { operatorView } from './operator.view.js';
import { OperatorsService } from './operators.service.js';

@Command({ name: 'list-operators', description: 'list who may manage the store over the network' })
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class ListOperatorsCommand extends JsonCommand {
  constructor(private readonly operators: OperatorsService) {
    super();
  }

  async run(_words: string[], options: JsonOption = {}): Promise<void> {
    const operators = await this.operators.list();
    if (options.json) return printJson({ operators: operators.map(operatorView) });
    printTable(
      ['Name', 'Role', 'Password', 'Second factor', 'State', 'Added', 'Identity'],
      operators.map(
        ({ name, role, hasPassword, hasSecondFactor, isDisabled, createdAt, issuer, subject }) => [
          name,
          role,
          hasPassword ? 'set' : '-',
          hasSecondFactor ? 'on' : '-',
          isDisabled ? 'disabled' : 'enabled',
          createdAt.toISOString(),
          issuer === null ? '-' : `${subject} at ${issuer}`,
        ],
      ),
    );
  }
}
