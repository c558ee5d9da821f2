import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { StoreError } from '../common/errors.js';
import { printJson, printLine } from '../common/terminal.js';
import { SettingsService, type SettingValue } from './settings.service.js';

const REDACTED = '<redacted>';

function shown({ text, setting }: SettingValue): string {
  if (setting.secret && text !== '') return REDACTED;
  return setting.show ? setting.show(text) : text;
}

@Command({
  name: 'config',
  arguments: '[settings...]',
  description: 'show settings, or change them with key=value',
  argsDescription: { settings: 'KEY to show one setting, KEY=VALUE to change it; none to show all' },
})
export class ConfigCommand extends CommandRunner {
  constructor(private readonly settings: SettingsService) {
    super();
  }

  async run(words: string[], options: { json?: boolean } = {}): Promise<void> {
    const changes = words.filter((word) => word.includes('='));
    if (changes.length > 0 && changes.length < words.length) {
      throw new StoreError(
        'invalid-setting',
        'cannot show and change settings at once: give either keys or key=value pairs',
      );
    }
    if (changes.length > 0) await this.change(changes, options.json === true);
    else if (words.length > 0) await this.show(words, options.json === true);
    else await this.list(options.json === true);
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }

  @Help('after')
  keysHelp(): string {
    const settings = this.settings.definitions();
    const width = Math.max(...settings.map(({ key }) => key.length));
    return `\nSettings:\n${settings.map(({ key, description }) => `  ${key.padEnd(width)}  ${description}`).join('\n')}`;
  }

  private async change(changes: readonly string[], json: boolean): Promise<void> {
    const pairs = changes.map((change): [string, string] => {
      const at = change.indexOf('=');
      return [change.slice(0, at), change.slice(at + 1)];
    });
    const applied = await this.settings.set(pairs);
    print(applied, json);
    if (applied.some(({ setting }) => setting.needsRestart))
      process.stderr.write('A running server reads this when it starts: restart it.\n');
  }

  /** One key alone prints its bare value, secrets included: that is how a script reads it. */
  private async show(keys: readonly string[], json: boolean): Promise<void> {
    const texts = new Map<string, string | null>();
    for (const key of keys) texts.set(key, (await this.settings.getText(key)) ?? null);
    const [only] = texts.values();
    if (json) printJson(Object.fromEntries(texts));
    else if (texts.size === 1) printLine(only ?? '');
    else for (const [key, text] of texts) printLine(`${key}: ${text ?? ''}`);
  }

  private async list(json: boolean): Promise<void> {
    print(await this.settings.list(), json);
  }
}

function print(values: readonly SettingValue[], json: boolean): void {
  if (json) printJson(Object.fromEntries(values.map((value) => [value.key, shown(value)])));
  else for (const value of values) printLine(`${value.key}: ${shown(value)}`);
}
