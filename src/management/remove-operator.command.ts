import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { parseOperatorName } from './operator.js';
import { OperatorsService } from './operators.service.js';

@Command({
  name: 'remove-operator',
  arguments: '<name>',
  description: 'remove an operator, and end the sessions and tokens of that operator',
  argsDescription: { name: 'as `list-operators` shows it' },
})
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class RemoveOperatorCommand extends JsonCommand {
  constructor(private readonly operators: OperatorsService) {
    super();
  }

  async run([word = '']: string[], options: JsonOption = {}): Promise<void> {
    const name = parseOperatorName(word);
    await this.operators.remove(name);
    if (options.json) printJson({ name });
    else printLine(`operator ${name} removed`);
  }
}
