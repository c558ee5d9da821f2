import { Injectable } from '@nestjs/common';
import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { parseRole, type Role } from '../common/domain/role.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { newOperatorPassword } from './operator-password.js';
import { parseOperatorEmail, parseOperatorName } from './operator.js';
import { operatorView } from './operator.view.js';
import { OperatorsService } from './operators.service.js';

interface AddOptions extends JsonOption {
  readonly password?: string;
}

/** What `add-operator` and `add-admin` share. */
@Injectable()
abstract class AddCommand extends JsonCommand {
  constructor(private readonly operators: OperatorsService) {
    super();
  }

  @Option({
    flags: '--password <password>',
    description: `the operator's password: ${SECRET_FORMS}; without it, a terminal asks for one`,
  })
  parsePassword(password: string): string {
    return password;
  }

  protected async add(name: string, role: Role, options: AddOptions): Promise<void> {
    const password = await newOperatorPassword(name, options.password);
    const operator = await this.operators.add({ name, role, password });
    if (options.json) return printJson(operatorView(operator));
    const without = operator.hasPassword
      ? ''
      : ` without a password: \`snap-store-proxy set-operator ${name} --password @FILE\` sets one`;
    printLine(`operator ${name} added as ${role}${without}`);
  }
}

@Command({
  name: 'add-operator',
  arguments: '<name>',
  description: 'add somebody who may manage the store over the network',
  argsDescription: { name: 'lower-case letters, digits and -._+@; an e-mail address may be one' },
})
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class AddOperatorCommand extends AddCommand {
  async run([word = '']: string[], options: AddOptions & { role: Role }): Promise<void> {
    await this.add(parseOperatorName(word), options.role, options);
  }

  @Option({
    flags: '--role <role>',
    description: 'viewer (reads), operator (imports, releases, overrides, groups) or admin (everything)',
    required: true,
  })
  parseRole(role: string): Role {
    return parseRole(role);
  }
}

@Command({
  name: 'add-admin',
  arguments: '<email>',
  description: 'add an operator with role admin, named by an e-mail address',
  argsDescription: { email: 'such as jo@example.com' },
})
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class AddAdminCommand extends AddCommand {
  async run([word = '']: string[], options: AddOptions = {}): Promise<void> {
    await this.add(parseOperatorEmail(word), 'admin', options);
  }
}
