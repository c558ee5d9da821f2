import { Command, Option } from 'nest-commander';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { newOperatorPassword } from './operator-password.js';
import { parseOperatorEmail, parseOperatorName, type Operator } from './operator.js';
import { operatorView } from './operator.view.js';
import { OperatorsService } from './operators.service.js';
import { parseRole, type Role } from './role.js';

interface AddOptions extends JsonOption {
  readonly password?: string;
}

const PASSWORD = {
  flags: '--password <password>',
  description: `the operator's password: ${SECRET_FORMS}; without it, a terminal asks for one`,
};

@Command({
  name: 'add-operator',
  arguments: '<name>',
  description: 'add somebody who may manage the store over the network',
  argsDescription: { name: 'lower-case letters, digits and -._+@; an e-mail address may be one' },
})
export class AddOperatorCommand extends JsonCommand {
  constructor(private readonly operators: OperatorsService) {
    super();
  }

  async run([word = '']: string[], options: AddOptions & { role: Role }): Promise<void> {
    const name = parseOperatorName(word);
    const password = await newOperatorPassword(name, options.password);
    print(await this.operators.add({ name, role: options.role, password }), options);
  }

  @Option({
    flags: '--role <role>',
    description: 'viewer (reads), operator (imports, releases, overrides, groups) or admin (everything)',
    required: true,
  })
  parseRole(role: string): Role {
    return parseRole(role);
  }

  @Option(PASSWORD)
  parsePassword(password: string): string {
    return password;
  }
}

@Command({
  name: 'add-admin',
  arguments: '<email>',
  description: 'add an operator with role admin, named by an e-mail address',
  argsDescription: { email: 'such as jo@example.com' },
})
export class AddAdminCommand extends JsonCommand {
  constructor(private readonly operators: OperatorsService) {
    super();
  }

  async run([word = '']: string[], options: AddOptions = {}): Promise<void> {
    const name = parseOperatorEmail(word);
    const password = await newOperatorPassword(name, options.password);
    print(await this.operators.add({ name, role: 'admin', password }), options);
  }

  @Option(PASSWORD)
  parsePassword(password: string): string {
    return password;
  }
}

function print(operator: Operator, { json }: AddOptions): void {
  if (json) return printJson(operatorView(operator));
  const { name, role, hasPassword } = operator;
  const without = hasPassword
    ? ''
    : ` without a password: \`snap-store-proxy set-operator ${name} --password @FILE\` sets one`;
  printLine(`operator ${name} added as ${role}${without}`);
}
