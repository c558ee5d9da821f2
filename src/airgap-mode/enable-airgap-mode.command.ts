import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { askNewPassword } from '../common/terminal/new-password.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printLine } from '../common/terminal/terminal.js';
import { AirgapSwitchService, type AirgapSwitched } from './airgap-switch.service.js';

/** The name that the original's installation gave it. */
const INSTALL_VARIABLE = 'SNAPSTORE_BETA_PASSWORD';
const ACCESS_VARIABLE = 'SNAPSTORE_ACCESS_PASSWORD';

const ACCESS_LINES: Readonly<Record<AirgapSwitched['accessPassword'], string>> = {
  none: 'Management password: not set (management over the network stays closed)',
  kept: 'Management password: as before',
  set: 'Management password: set',
  changed: 'Management password: changed',
};

/** A variable that is set to nothing is not set. */
function variable(name: string): string | undefined {
  const text = process.env[name];
  return text === '' ? undefined : text;
}

async function givenPassword(argument: string | undefined): Promise<string | undefined> {
  if (argument === undefined) return variable(ACCESS_VARIABLE);
  return await readSecretArgument({ argument, option: '--password' });
}

/** Asks at a terminal only: what a script pipes in is not meant for this. */
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
  description: 'make this the air-gapped store: nothing connects to another store any more',
})
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
  ${INSTALL_VARIABLE}    install password, where the install package has one
  ${ACCESS_VARIABLE}  password for management over the network

On a terminal, a password that is needed and not given is asked for. There is no way back out of
air-gapped mode; install another store instead.`;
  }
}

function print({ storeId, enabled, keyOpened, accessPassword }: AirgapSwitched): void {
  printLine(`Store ${storeId} is ${enabled ? '' : 'already '}in air-gapped mode`);
  if (keyOpened) printLine('Private key: opened with the install password');
  printLine(ACCESS_LINES[accessPassword]);
}
