import type { Readable } from 'node:stream';
import type { Refuse } from '../crypto/pem.js';
import { readBounded } from '../streams.js';
import { printNote } from './terminal.js';

interface StandardInput {
  /** Longest input that is read. */
  readonly maxBytes: number;
  /** What a person at a terminal must type, for the prompt. */
  readonly what: string;
  readonly refuse: Refuse;
}

/**
 * The whole standard input, as a string.
 *
 * @throws the error that `refuse` makes, if it is longer than `maxBytes`
 */
export async function readStandardInput(
  { maxBytes, what, refuse }: StandardInput,
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
): Promise<string> {
  if (input.isTTY) printNote(`Paste ${what}, then press Ctrl-D:`);
  const bytes = await readBounded(input, maxBytes, () =>
    refuse(`the input is longer than ${maxBytes} bytes`),
  );
  return bytes.toString('utf8');
}
