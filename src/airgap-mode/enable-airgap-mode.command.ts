import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { AtTheMachine } from '../common/command-line/over-the-network.js';
import { askNewPassword } from '../common/terminal/new-password.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printLine } from '../common/terminal/terminal.js';
import { AirgapSwitchService, type AirgapSwitched } from './airgap-switch.service.js';

/** The name that the original's installer uses. */
const INSTALL_VARIABLE = 'SNAPSTORE_BETA_PASSWORD';
const ACCESS_VARIABLE = 'SNAPSTORE_ACCESS_PASSWORD';

const ACCESS_LINES: Readonly<Record<AirgapSwitched['accessPassword'], string>> = {
  none: 'Management password: not set (management over the network stays disabled)',
  kept: 'Management password: unchanged',
  set: 'Management password: set',
  changed: 'Management password: changed',
};

/** An empty variable counts as not set. */
function variable(name: string): string | undefined {
  const text = process.env[name];
  return text === '' ? undefined : text;
}

async function givenPassword(argument: string | undefined): Promise<string | undefined> {
  if (argument === undefined) return variable(ACCESS_VARIABLE);
  return await readSecretArgument({ argument, option: '--password' });
}

/** Asks only at a terminal: input that a script pipes in is not meant for this prompt. */
async function askSecret(prompts: Prompts, prompt: string): Promise<string | undefined> {
  return prompts.isTerminal ? await prompts.askSecret(prompt) : undefined;
}

async function askAccessPassword(prompts: Prompts): Promise<string | undefined> {
  if (!prompts.isTerminal) return undefined;
  const question = 'New management password (empty: none)';
  return (await askNewPassword(prompts, question, 'management password')) || undefined;
}

@Command({
  name: 'enable-airgap-mode',
  description: 'switch this store to air-gapped mode: block all outgoing connections',
})
@AtTheMachine('it is done once, while the store is set up, with passwords of that machine')
export class EnableAirgapModeCommand extends CommandRunner {
  constructor(private readonly airgap: AirgapSwitchService) {
    super();
  }

  async run(_words: string[], options: { password?: string } = {}): Promise<void> {
    const prompts = new Prompts();
    try {
      const switched = await this.airgap.enable({
        givenAccess: await givenPassword(options.password),
        access: () => askAccessPassword(prompts),
        install: async () => variable(INSTALL_VARIABLE) ?? (await askSecret(prompts, 'Install password: ')),
      });
      print(switched);
    } finally {
      prompts.close();
    }
  }

  @Option({
    flags: '--password <password>',
    description: `password for management over the network: ${SECRET_FORMS}; or set ${ACCESS_VARIABLE}`,
  })
  parsePassword(password: string): string {
    return password;
  }

  @Help('after')
  variablesHelp(): string {
    return `
Environment:
  ${INSTALL_VARIABLE}    install password, if the install package has one
  ${ACCESS_VARIABLE}  password for management over the network

At a terminal, the command asks for a password that is required but not given.
Air-gapped mode cannot be switched off; install another store instead.`;
  }
}

function print({ storeId, enabled, keyOpened, accessPassword }: AirgapSwitched): void {
  printLine(`Store ${storeId} is ${enabled ? '' : 'already '}in air-gapped mode`);
  if (keyOpened) printLine('Private key: decrypted with the install password');
  printLine(ACCESS_LINES[accessPassword]);
}
