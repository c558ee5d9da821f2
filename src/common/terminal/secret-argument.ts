import { open } from 'node:fs/promises';
import { StoreError } from '../errors.js';
import { callerTerminal } from './caller-terminal.js';
import { readStandardInput } from './standard-input.js';
import { printNote } from './terminal.js';

/**
 * Longest secret that is read from a file or the standard input, in bytes. RSA-16384 in PEM has about thirteen
 * thousand.
 */
export const MAX_SECRET_BYTES = 64 << 10;

/** The safe forms of a secret argument: every account of the machine can see the command line. */
export const SECRET_FORMS = '@FILE, or - for the standard input';

/** The option for which the standard input was read. It can be read only once. */
let standardInputFor: string | undefined;

/** A secret in an argument of a command. */
export interface SecretArgument {
  /** `@FILE`, `-`, or the secret itself. */
  readonly argument: string;
  /** Its option or setting, as in messages. */
  readonly option: string;
}

/**
 * Reads the secret of an option or a setting: `@FILE` from that file, `-` from the standard input, without a
 * final line end. A secret on the command line itself is accepted, with a warning on the standard error,
 * because `ps` shows it to every account.
 *
 * @throws StoreError `invalid-request` if the file cannot be read, or the standard input is requested twice;
 *   `too-large` beyond {@link MAX_SECRET_BYTES}
 */
export async function readSecretArgument({ argument, option }: SecretArgument): Promise<string> {
  const isStandardInput = argument === '-';
  if (!isStandardInput && !argument.startsWith('@')) {
    printNote(
      `warning: other accounts of this machine can see the value of ${option} while the command runs; give ${SECRET_FORMS}`,
    );
    return argument;
  }
  const refuse = (why: string) => new StoreError('too-large', `cannot read ${option}: ${why}`);
  if (isStandardInput && standardInputFor !== undefined)
    throw new StoreError(
      'invalid-request',
      `cannot read ${option}: the standard input was already read for ${standardInputFor}; give one of them as @FILE`,
    );
  if (isStandardInput) standardInputFor = option;
  const text = isStandardInput
    ? await readStandardInput({ maxBytes: MAX_SECRET_BYTES, what: `the value of ${option}`, refuse })
    : (sentSecret(argument.slice(1), option) ?? (await readSecretFile(argument.slice(1), option)));
  return text.replace(/\r?\n$/, '');
}

/** What the caller of another machine has read there. */
function sentSecret(path: string, option: string): string | undefined {
  const caller = callerTerminal();
  if (!caller) return undefined;
  const file = caller.file(path);
  const refuse = (why: string) =>
    new StoreError('invalid-request', `cannot read ${option} from ${path}: ${why}`);
  if (!file) throw refuse('its content did not come along with the command');
  if (!file.content) throw refuse('there is no such file');
  if (file.content.length > MAX_SECRET_BYTES) throw tooLong(path, option);
  return file.content.toString('utf8');
}

function tooLong(path: string, option: string): StoreError {
  return new StoreError(
    'too-large',
    `cannot read ${option} from ${path}: it is longer than ${MAX_SECRET_BYTES} bytes`,
  );
}

/** Also reads a pipe, such as a shell's `<(...)`, so it reads to the end and ignores the file size. */
async function readSecretFile(path: string, option: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      return await readStandardInput(
        { maxBytes: MAX_SECRET_BYTES, what: '', refuse: () => tooLong(path, option) },
        file.createReadStream(),
      );
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new StoreError('invalid-request', `cannot read ${option} from ${path}: ${why}`, { cause: error });
  }
}
