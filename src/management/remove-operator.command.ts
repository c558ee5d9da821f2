import { Command, CommandRunner, Option } from 'nest-commander';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { parseOperatorName } from './operator.js';
import { OperatorsService } from './operators.service.js';

@Command({
  name: 'remove-operator',
  arguments: '<name>',
  description: 'remove an operator, and end the sessions and tokens of that operator',
  argsDescription: { name: 'as `list-operators` shows it' },
})
export class RemoveOperatorCommand extends CommandRunner {
  constructor(private readonly operators: OperatorsService) {
    super();
  }

  async run([word = '']: string[], options: { json?: boolean } = {}): Promise<void> {
    const name = parseOperatorName(word);
    await this.operators.remove(name);
    if (options.json) printJson({ name });
    else printLine(`operator ${name} removed`);
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
