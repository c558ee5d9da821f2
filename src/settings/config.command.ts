import { Command, Help, Option } from 'nest-commander';
import { OverTheNetwork, type OptionValues } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { readBounded } from '../common/streams.js';
import { callerTerminal } from '../common/terminal/caller-terminal.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine, printNote, printText } from '../common/terminal/terminal.js';
import { askDatabasePassword } from './ask-database-password.js';
import { DATABASE_CONNECTION } from './database.settings.js';
import { whyNotChangeable } from './network-change.js';
import { DOMAIN } from './server.settings.js';
import type { SettingValue } from './setting-writer.service.js';
import type { Setting } from './setting.js';
import { SettingsTransferService } from './settings-transfer.service.js';
import { MAX_SETTINGS_BYTES } from './settings-yaml.js';
import { SettingsService } from './settings.service.js';
import { signedUrlWarning } from './signed-url.js';

interface ConfigOptions extends JsonOption {
  readonly exportYaml?: boolean;
  readonly importYaml?: boolean;
  readonly newStore?: boolean;
}

const REDACTED = '<redacted>';

/** A new value, or all of them. */
function isChange(words: readonly string[], { importYaml }: OptionValues): boolean {
  return importYaml === true || words.some((word) => word.includes('='));
}

/** @throws StoreError `forbidden` if a caller on another machine may not change a setting */
function checkCallerMayChange(key: string, setting: Setting<unknown> | undefined): void {
  const why = callerTerminal() && setting && whyNotChangeable(setting);
  if (why !== undefined) throw new StoreError('forbidden', `cannot set ${JSON.stringify(key)}: ${why}`);
}

function shown({ text, setting }: SettingValue): string {
  if (setting.secret && text !== '') return REDACTED;
  return setting.show ? setting.show(text) : text;
}

@Command({
  name: 'config',
  arguments: '[settings...]',
  description: 'show settings, or change them with key=value',
  argsDescription: {
    settings: `KEY shows one setting, KEY=VALUE changes it (default: show all settings). A secret VALUE: ${SECRET_FORMS}`,
  },
})
@OverTheNetwork({
  role: 'viewer',
  scope: 'read',
  other: { role: 'admin', scope: 'setting', when: isChange },
})
export class ConfigCommand extends JsonCommand {
  constructor(
    private readonly settings: SettingsService,
    private readonly transfer: SettingsTransferService,
  ) {
    super();
  }

  async run(words: string[], options: ConfigOptions = {}): Promise<void> {
    checkTransfer(words, options);
    const json = options.json === true;
    const changes = words.filter((word) => word.includes('='));
    if (changes.length > 0 && changes.length < words.length) {
      throw new StoreError(
        'invalid-setting',
        'cannot show and change settings at once: give either KEY or KEY=VALUE arguments',
      );
    }
    if (options.exportYaml) printText(await this.transfer.exportYaml());
    else if (options.importYaml) await this.import(options);
    else if (changes.length > 0) await this.change(changes, options);
    else if (words.length > 0) await this.show(words, json);
    else print(await this.settings.list(), json);
  }

  @Option({
    flags: '--export-yaml',
    description: 'print every setting that has been set as YAML, secrets included',
  })
  parseExport(): boolean {
    return true;
  }

  @Option({
    flags: '--import-yaml',
    description: 'import settings in this YAML form from the standard input',
  })
  parseImport(): boolean {
    return true;
  }

  @Option({
    flags: '--new-store',
    description: 'with proxy.db.connection: start a new store in a database that does not contain this one',
  })
  parseNewStore(): boolean {
    return true;
  }

  @Help('after')
  keysHelp(): string {
    const settings = this.settings.definitions();
    const width = Math.max(...settings.map(({ key }) => key.length));
    return `\nSettings:\n${settings.map(({ key, description }) => `  ${key.padEnd(width)}  ${description}`).join('\n')}`;
  }

  private async change(
    changes: readonly string[],
    { json = false, newStore = false }: ConfigOptions,
  ): Promise<void> {
    const pairs: [string, string][] = [];
    for (const change of changes) {
      const at = change.indexOf('=');
      const [key, argument] = [change.slice(0, at), change.slice(at + 1)] as const;
      checkCallerMayChange(key, this.find(key));
      const text = await this.readArgument(key, argument);
      const isDatabase = key === DATABASE_CONNECTION.key && text !== '';
      pairs.push([key, isDatabase ? await askDatabasePassword(text) : text]);
    }
    if (newStore && !pairs.some(([key]) => key === DATABASE_CONNECTION.key))
      throw new StoreError(
        'invalid-request',
        `cannot use --new-store: give it with ${DATABASE_CONNECTION.key}=URL`,
      );
    const before = new Map<string, string | undefined>();
    for (const [key] of pairs)
      if (this.find(key)?.needsRestart) before.set(key, await this.settings.getText(key));
    const applied = await this.settings.set(pairs, newStore);
    // Unchanged settings have already been read.
    const isNews = ({ key, text }: SettingValue) => before.get(key) !== text;
    printApplied(applied, json, isNews);
    if (!pairs.some(([key]) => key === DOMAIN.key)) return;
    const warning = await signedUrlWarning(this.settings, 'domain');
    if (warning !== undefined) printNote(warning);
  }

  /** The value of a setting that is secret or may contain a secret: from a file or the standard input. */
  private async readArgument(key: string, argument: string): Promise<string> {
    const setting = this.find(key);
    if (setting?.readOnly || (!setting?.secret && !setting?.hasSecret) || argument === '') return argument;
    const isElsewhere = argument === '-' || argument.startsWith('@');
    const isSecret = setting.hasSecret?.(argument) ?? true;
    return isElsewhere || isSecret ? await readSecretArgument({ argument, option: key }) : argument;
  }

  private find(key: string): Setting<unknown> | undefined {
    return this.settings.definitions().find((each) => each.key === key);
  }

  private async import({ json = false, newStore = false }: ConfigOptions): Promise<void> {
    if (process.stdin.isTTY) printNote('Reading settings from the terminal; press Ctrl-D to finish.');
    const yaml = await readBounded(
      process.stdin,
      MAX_SETTINGS_BYTES,
      () =>
        new StoreError(
          'too-large',
          `cannot import settings: the standard input is longer than ${MAX_SETTINGS_BYTES} bytes`,
        ),
    );
    printApplied(await this.transfer.importYaml(yaml, newStore), json);
  }

  /** @throws StoreError `forbidden` for a secret and a caller on another machine: secrets do not leave this one */
  private withoutSecret(key: string, text: string | undefined): string | undefined {
    const setting = this.find(key);
    if (!callerTerminal() || text === undefined || !setting) return text;
    if (setting.secret && text !== '')
      throw new StoreError('forbidden', `cannot show ${key}: secrets are not shown over the network`);
    return setting.show ? setting.show(text) : text;
  }

  /** A single KEY prints its bare value, secrets included, so that scripts can read it. */
  private async show(keys: readonly string[], json: boolean): Promise<void> {
    const texts = new Map<string, string | null>();
    for (const key of keys) texts.set(key, this.withoutSecret(key, await this.settings.getText(key)) ?? null);
    const [only] = texts.values();
    if (json) printJson(Object.fromEntries(texts));
    else if (texts.size === 1) printText(`${only ?? ''}\n`);
    else for (const [key, text] of texts) printSetting(key, text ?? '');
  }
}

function checkTransfer(words: readonly string[], { exportYaml, importYaml, json }: ConfigOptions): void {
  if (!exportYaml && !importYaml) return;
  const option = exportYaml ? '--export-yaml' : '--import-yaml';
  const refuse = (why: string) => new StoreError('invalid-request', `cannot use ${option}: ${why}`);
  if (callerTerminal())
    throw refuse('it has secrets, and settings of one machine; use it on the machine of the store');
  if (exportYaml && importYaml) throw refuse('give it without --import-yaml');
  if (words.length > 0) throw refuse('it applies to all settings, so give it without keys');
  if (exportYaml && json) throw refuse('it prints YAML, so give it without --json');
}

function printApplied(
  applied: readonly SettingValue[],
  json: boolean,
  isNews: (value: SettingValue) => boolean = () => true,
): void {
  print(applied, json);
  const late = applied
    .filter((value) => value.setting.needsRestart === true && isNews(value))
    .map(({ key }) => key);
  if (late.length > 0)
    printNote(`A running server reads ${late.join(', ')} only when it starts: restart it.`);
}

function print(values: readonly SettingValue[], json: boolean): void {
  if (json) printJson(Object.fromEntries(values.map((value) => [value.key, shown(value)])));
  else for (const value of values) printSetting(value.key, shown(value));
}

/** Formats `key: value`. A value of several lines follows below the key, indented as in YAML. */
function printSetting(key: string, text: string): void {
  const lines = text.trimEnd().split('\n');
  if (lines.length === 1) printLine(`${key}: ${text}`);
  else for (const line of [`${key}: |`, ...lines.map((each) => `  ${each}`)]) printLine(line);
}
