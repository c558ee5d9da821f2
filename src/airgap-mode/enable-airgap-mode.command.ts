import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { askSecret } from '../common/ask-secret.js';
import { StoreError } from '../common/errors.js';
import { printLine } from '../common/terminal.js';
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

async function askNewPassword(): Promise<string | undefined> {
  const password = await askSecret('New management password (empty: none): ');
  if (password === undefined || password === '') return undefined;
  if ((await askSecret('The same again: ')) === password) return password;
  throw new StoreError('invalid-request', 'cannot set the management password: it was typed in two ways');
}

async function installPassword(): Promise<string | undefined> {
  return variable(INSTALL_VARIABLE) ?? (await askSecret('Install password: '));
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
    const { storeId, enabled, keyOpened, accessPassword } = await this.airgap.enable({
      givenAccess: options.password ?? variable(ACCESS_VARIABLE),
      access: askNewPassword,
      install: installPassword,
    });
    printLine(`Store ${storeId} is ${enabled ? '' : 'already '}in air-gapped mode`);
    if (keyOpened) printLine('Private key: opened with the install password');
    printLine(ACCESS_LINES[accessPassword]);
  }

  @Option({
    flags: '--password <password>',
    description: `password for management over the network; others on this machine can see it while the command runs, unlike ${ACCESS_VARIABLE}`,
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
