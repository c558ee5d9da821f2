import { StoreError } from '../errors.js';

/** Options of every command, with what each is called in a refusal. */
const WITH_VALUE = {
  '--data': 'DIR',
  '--url': 'URL',
  '--token-file': 'FILE',
  '--ca-file': 'FILE',
} as const;

const PLAIN_HTTP = '--allow-plain-http';

type ValueOption = keyof typeof WITH_VALUE;

/** The options that decide where a command runs. */
export interface GlobalOptions {
  readonly values: ReadonlyMap<ValueOption, string>;
  readonly allowPlainHttp: boolean;
  /** The rest of the command line. */
  readonly rest: readonly string[];
}

const NAMES = Object.keys(WITH_VALUE) as ValueOption[];

/**
 * Takes `--data DIR`, `--url URL` and so on, also as `--data=DIR`, out of a command line, at any position before `--`.
 *
 * @throws StoreError `invalid-request` if a value is missing
 */
export function takeGlobalOptions(words: readonly string[]): GlobalOptions {
  const values = new Map<ValueOption, string>();
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const rest: string[] = [];
  let allowPlainHttp = false;
  for (let index = 0; index < own.length; index += 1) {
    const word = own[index] ?? '';
    const name = NAMES.find((one) => word === one || word.startsWith(`${one}=`));
    if (name === undefined) {
      if (word === PLAIN_HTTP) allowPlainHttp = true;
      else rest.push(word);
      continue;
    }
    const value = word === name ? (own[(index += 1)] ?? '') : word.slice(name.length + 1);
    if (value === '') throw missing(name);
    values.set(name, value);
  }
  return { values, allowPlainHttp, rest: [...rest, ...words.slice(own.length)] };
}

function missing(name: ValueOption): StoreError {
  const [what, value] = name === '--data' ? ['directory', 'DIR'] : ['value', WITH_VALUE[name]];
  return new StoreError(
    'invalid-request',
    `cannot use ${name}: its ${what} is missing; give ${name} ${value}`,
  );
}

/** The first of these options that a command line has. */
export function globalOptionIn(words: readonly string[]): string | undefined {
  const { values, allowPlainHttp } = takeGlobalOptions(words);
  return [...values.keys()][0] ?? (allowPlainHttp ? PLAIN_HTTP : undefined);
}
