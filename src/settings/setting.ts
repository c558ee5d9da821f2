/** Where a setting lives: in this unit's `config.yaml`, needed before there is a database, or in the database that all units share. */
export type SettingScope = 'unit' | 'shared';

/** One key of `config`: what it means and which texts it accepts. Every feature defines its own. */
export interface Setting<T> {
  readonly key: string;
  readonly scope: SettingScope;
  /** One line for `config --help` and the docs. */
  readonly description: string;
  /** The text that holds where none is set. */
  readonly defaultText?: string;
  /** The same where it follows from other settings; asked for a key, `textOf` says what is set. */
  readonly defaultFrom?: (textOf: (key: string) => string | undefined) => string;
  /**
   * Reads the stored text.
   *
   * @throws StoreError `invalid-setting` saying what is wrong
   */
  readonly parse: (text: string) => T;
  /** Turns what the operator wrote into the stored text, where the two differ (a file name into its content). */
  readonly fromArgument?: (argument: string) => Promise<string>;
  /** How a listing shows the text: shortened, or without its secret. */
  readonly show?: (text: string) => string;
  /** Refuses or completes a change before it is stored; what it returns is stored along. */
  readonly beforeSet?: (text: string) => Promise<Readonly<Record<string, string>>>;
  /** Refuses a change that does not fit other settings; asked for a key, `afterwards` says what it will hold. */
  readonly checkTogether?: (afterwards: (key: string) => string | undefined) => void;
  /** Of a setting that is not secret as a whole: whether this text has a secret in it, such as a URL with a password. */
  readonly hasSecret?: (text: string) => boolean;
  /** `true` where a listing shows `<redacted>`; asked for by name, the text is shown. */
  readonly secret?: boolean;
  /** `true` where a running server reads the value only when it starts. */
  readonly needsRestart?: boolean;
  /** `true` for results of other commands, which `config` shows but does not take. */
  readonly readOnly?: boolean;
}

/** The text that holds where none is set, if any. @param texts - those that are set */
export function defaultTextOf(
  { defaultText, defaultFrom }: Setting<unknown>,
  texts: Readonly<Record<string, string>>,
): string | undefined {
  return defaultFrom ? defaultFrom((key) => texts[key]) : defaultText;
}
