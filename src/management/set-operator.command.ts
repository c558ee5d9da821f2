import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { parseRole, type Role } from '../common/domain/role.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { DOMAIN } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { parseOperatorName, type Operator } from './operator.js';
import { operatorView } from './operator.view.js';
import { OperatorsService } from './operators.service.js';
import { checkTotp, makeTotpSecret, totpUri } from './totp.js';

interface SetOptions extends JsonOption {
  readonly role?: Role;
  readonly password?: string;
  readonly disable?: boolean;
  readonly enable?: boolean;
  /** `--second-factor` and `--no-second-factor`. */
  readonly secondFactor?: boolean;
}

@Command({
  name: 'set-operator',
  arguments: '<name>',
  description: 'change the role, password or second factor of an operator, or disable one',
  argsDescription: { name: 'as `list-operators` shows it' },
})
@OverTheNetwork({ role: 'admin', scope: 'operator' })
export class SetOperatorCommand extends JsonCommand {
  constructor(
    private readonly operators: OperatorsService,
    private readonly settings: SettingsService,
  ) {
    super();
  }

  async run([word = '']: string[], options: SetOptions = {}): Promise<void> {
    const name = parseOperatorName(word);
    const { role, password, secondFactor } = options;
    check(name, options);
    const operator = await this.operators.get(name);
    const changed = await this.operators.change(name, {
      role,
      password:
        password === undefined
          ? undefined
          : await readSecretArgument({ argument: password, option: '--password' }),
      isDisabled: options.disable ? true : options.enable ? false : undefined,
      totpSecret:
        secondFactor === undefined ? undefined : secondFactor ? await this.newSecret(operator) : null,
    });
    if (options.json) printJson(operatorView(changed));
    else printLine(`operator ${name}: ${describe(changed)}`);
  }

  @Option({ flags: '--role <role>', description: 'viewer, operator or admin' })
  parseRole(role: string): Role {
    return parseRole(role);
  }

  @Option({
    flags: '--password <password>',
    description: `a new password: ${SECRET_FORMS}; sessions of the operator end`,
  })
  parsePassword(password: string): string {
    return password;
  }

  @Option({
    flags: '--disable',
    description: 'refuse the operator, and the tokens of the operator, from now on',
  })
  parseDisable(): boolean {
    return true;
  }

  @Option({ flags: '--enable', description: 'end that' })
  parseEnable(): boolean {
    return true;
  }

  @Option({
    flags: '--second-factor',
    description:
      'ask for one-time codes too: shows the secret for an authenticator app, and asks for its first code',
  })
  parseSecondFactor(): boolean {
    return true;
  }

  @Option({ flags: '--no-second-factor', description: 'ask for the password alone' })
  parseNoSecondFactor(): boolean {
    return false;
  }

  /** A secret that the operator's app has: it has shown a code of it. */
  private async newSecret({ name }: Operator): Promise<string> {
    const secret = makeTotpSecret();
    const prompts = new Prompts();
    try {
      prompts.say(
        `Add this to an authenticator app: ${totpUri(secret, name, await this.settings.get(DOMAIN))}`,
      );
      const code = (await prompts.ask('Code that the app shows: ')) ?? '';
      if (checkTotp(secret, code, 0, Date.now()) !== undefined) return secret;
    } finally {
      prompts.close();
    }
    throw new StoreError(
      'invalid-request',
      `cannot turn on the second factor of ${name}: that is not the code of this secret; look at the clocks of both machines`,
    );
  }
}

function check(name: string, { role, password, disable, enable, secondFactor }: SetOptions): void {
  const refuse = (why: string) => new StoreError('invalid-request', `cannot change operator ${name}: ${why}`);
  if (disable && enable) throw refuse('give --disable or --enable');
  if ([role, password, disable, enable, secondFactor].every((option) => option === undefined))
    throw refuse('give --role, --password, --disable, --enable, --second-factor or --no-second-factor');
}

function describe({ role, isDisabled, hasPassword, hasSecondFactor }: Operator): string {
  return [
    role,
    hasPassword ? 'with a password' : 'without a password',
    ...(hasSecondFactor ? ['second factor on'] : []),
    ...(isDisabled ? ['disabled'] : []),
  ].join(', ');
}
