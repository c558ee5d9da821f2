/**
 * Where a setting is stored: in this unit's `config.yaml`, which is needed before the database is, or in the
 * database that all units share.
 */
export type SettingScope = 'unit' | 'shared';

/** One key of `config`: its meaning and its valid values. Every module defines its own. */
export interface Setting<T> {
  readonly key: string;
  readonly scope: SettingScope;
  /** One line for `config --help` and the documents. */
  readonly description: string;
  /** The default string. */
  readonly defaultText?: string;
  /** A default that depends on other settings. `textOf` returns the stored string of a key. */
  readonly defaultFrom?: (textOf: (key: string) => string | undefined) => string;
  /**
   * Parses the stored string.
   *
   * @throws StoreError `invalid-setting` naming the error
   */
  readonly parse: (text: string) => T;
  /** Converts the operator's argument into the stored string, if they differ (a file name into its content). */
  readonly fromArgument?: (argument: string) => Promise<string>;
  /** The string as listings show it: shortened, or without its secret. */
  readonly show?: (text: string) => string;
  /** Rejects or completes a change before it is stored. The returned settings are stored together with it. */
  readonly beforeSet?: (text: string) => Promise<Readonly<Record<string, string>>>;
  /** Rejects a change that does not match other settings. `afterwards` returns the future value of a key. */
  readonly checkTogether?: (afterwards: (key: string) => string | undefined) => void;
  /**
   * For a setting that is not always secret: whether this string contains a secret, such as a URL with a
   * password.
   */
  readonly hasSecret?: (text: string) => boolean;
  /** `true` if listings show `<redacted>`. If the key is named, the string is shown. */
  readonly secret?: boolean;
  /** `true` if a running server reads the value only when it starts. */
  readonly needsRestart?: boolean;
  /** `true` for results of other commands, which `config` shows but does not set. */
  readonly readOnly?: boolean;
}

/** The default string, if there is one. @param texts - the strings that have been set */
export function defaultTextOf(
  { defaultText, defaultFrom }: Setting<unknown>,
  texts: Readonly<Record<string, string>>,
): string | undefined {
  return defaultFrom ? defaultFrom((key) => texts[key]) : defaultText;
}
