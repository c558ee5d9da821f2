import { basename } from 'node:path';
import { Option } from 'nest-commander';
import { checkNewPassword } from '../common/crypto/password.js';
import { StoreError } from '../common/errors.js';
import { plainStoreUrl } from '../common/http/store-url.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine, printNote } from '../common/terminal/terminal.js';
import {
  PACKAGE_FILE,
  PACKAGE_FOLDER,
  type InstallPackage,
  type InstallPackageOptions,
  type InstallPackageService,
} from './package/install-package.service.js';
import { registrationLines, registrationView } from './print-registration.js';
import { askInstallPassword, RegisterDialogue } from './register-dialogue.js';
import type { RegistrationExportService } from './registration-export.service.js';
import type { RegistrationService } from './registration.service.js';

/** The options that `register` and `reregister` share. */
export interface RegistrationWords extends JsonOption {
  readonly https?: boolean;
  /** The URL as {@link plainStoreUrl} normalizes it. */
  readonly storeUrl?: string;
  readonly skipQuestions?: boolean;
  readonly offline?: boolean;
  readonly channel?: string;
  readonly arch?: string;
  /** `true` if the command must ask for it. */
  readonly installPassword?: string | true;
  readonly outputFile?: string;
  readonly force?: boolean;
  readonly nodeRuntime?: string;
}

/** Options that apply only to the install package. */
const PACKAGE_WORDS = {
  channel: '--channel',
  arch: '--arch',
  installPassword: '--install-password',
  outputFile: '--output-file',
  force: '--force',
  nodeRuntime: '--node-runtime',
} as const;

/** The services behind both commands. */
export interface RegistrationServices {
  readonly registrations: RegistrationService;
  readonly exports: RegistrationExportService;
  readonly packages: InstallPackageService;
}

/** The shared options and code of `register` and `reregister`. */
export abstract class RegistrationCommand extends JsonCommand {
  constructor(protected readonly services: RegistrationServices) {
    super();
  }

  @Option({
    flags: '--https',
    description: 'register an https URL (default if the store has a certificate)',
  })
  parseHttps(): boolean {
    return true;
  }

  @Option({
    flags: '--store-url <url>',
    description:
      'URL that devices use, if a reverse proxy is in front of the store (default: from proxy.domain and the port)',
  })
  parseStoreUrl(text: string): string {
    const url = plainStoreUrl(text);
    if (url !== undefined) return url;
    throw new StoreError(
      'invalid-request',
      `cannot register at ${JSON.stringify(text)}: give http or https, a host and, optionally, a port and a path, such as https://store.example/snaps`,
    );
  }

  @Option({ flags: '--skip-questions', description: 'skip the survey' })
  parseSkipQuestions(): boolean {
    return true;
  }

  @Option({ flags: '--offline', description: `write ${PACKAGE_FILE} for the air-gapped machine` })
  parseOffline(): boolean {
    return true;
  }

  @Option({
    flags: '--channel <channel>',
    description: 'with --offline: channel of the program, recorded in the package',
  })
  parseChannel(channel: string): string {
    return channel;
  }

  @Option({
    flags: '--arch <arch>',
    description: 'with --offline: amd64 or arm64 (default: the architecture of this machine)',
  })
  parseArch(arch: string): string {
    return arch;
  }

  @Option({
    flags: '--install-password [password]',
    description: `with --offline: encrypt the private key with a password: ${SECRET_FORMS}; without a value, the command asks for it`,
  })
  parseInstallPassword(password: string): string {
    return password;
  }

  @Option({
    flags: '--output-file <file>',
    description: `with --offline: write the package to this file (default: ${PACKAGE_FILE})`,
  })
  parseOutputFile(file: string): string {
    return file;
  }

  @Option({ flags: '--force', description: 'with --offline: replace an existing file' })
  parseForce(): boolean {
    return true;
  }

  @Option({
    flags: '--node-runtime <path>',
    description: 'with --offline: Node program or folder, for another architecture',
  })
  parseNodeRuntime(path: string): string {
    return path;
  }

  protected async register(again: boolean, words: RegistrationWords): Promise<void> {
    checkWords(words);
    const { https = false, skipQuestions = false, storeUrl, offline, json } = words;
    const prompts = new Prompts();
    try {
      const questions = new RegisterDialogue(prompts, { skipQuestions });
      if (offline) this.services.packages.check(packageOptions(words));
      const installPassword = await readInstallPassword(words, prompts);
      const registered = await this.services.registrations.register({ again, https, storeUrl }, questions);
      const written = offline ? await this.writePackage(words, installPassword) : undefined;
      for (const note of written?.notes ?? []) printNote(`Note: ${note}.`);
      if (json) printJson({ ...registrationView(registered), ...(written && packageView(written)) });
      else for (const line of [...registrationLines(registered), ...nextLines(written)]) printLine(line);
    } finally {
      prompts.close();
    }
  }

  private async writePackage(
    words: RegistrationWords,
    installPassword: string | undefined,
  ): Promise<InstallPackage> {
    try {
      return await this.services.packages.write(await this.services.exports.get(), {
        ...packageOptions(words),
        installPassword,
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError(
        error.code,
        `${error.message} (the store is registered: \`snap-store-proxy reregister --offline\` writes the package)`,
        { cause: error },
      );
    }
  }
}

/** Refuses invalid combinations before the dashboard is contacted, so that the registration is made only once. */
function checkWords(words: RegistrationWords): void {
  if (words.https && words.storeUrl !== undefined)
    throw new StoreError(
      'invalid-request',
      'cannot use --https with --store-url, which already contains the scheme',
    );
  if (!words.offline) {
    for (const [name, flag] of Object.entries(PACKAGE_WORDS))
      if (name in words) throw new StoreError('invalid-request', `cannot use ${flag} without --offline`);
    return;
  }
}

function packageOptions({
  outputFile,
  force,
  arch,
  channel,
  nodeRuntime,
}: RegistrationWords): InstallPackageOptions {
  return { output: outputFile, force, architecture: arch, channel, nodeRuntime };
}

async function readInstallPassword(
  { installPassword: argument }: RegistrationWords,
  prompts: Prompts,
): Promise<string | undefined> {
  if (argument === true) return await askInstallPassword(prompts);
  if (argument === undefined) return undefined;
  const password = await readSecretArgument({ argument, option: '--install-password' });
  checkNewPassword(password, 'install password');
  return password;
}

function packageView({ path, architecture, encrypted, sha256, isSigned }: InstallPackage): object {
  return { package: path, architecture, encrypted, sha256, signed: isSigned };
}

function nextLines(written: InstallPackage | undefined): string[] {
  if (!written) return [];
  return [
    `Install package: ${written.path} (${written.architecture}, ${written.isSigned ? 'signed with the bundle key' : 'not signed'})`,
    `SHA-256: ${written.sha256}`,
    'Note the SHA-256 and carry it separately from the file. On the air-gapped machine:',
    `  sha256sum ${basename(written.path)}    # stop here if it prints another number`,
    `  tar xzf ${basename(written.path)} && cd ${PACKAGE_FOLDER} && sudo ./install.sh`,
    `  ${written.encrypted ? 'SNAPSTORE_BETA_PASSWORD=... sudo -E' : 'sudo'} snap-store-proxy enable-airgap-mode`,
  ];
}
