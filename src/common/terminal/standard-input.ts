import type { Readable } from 'node:stream';
import type { Refuse } from '../crypto/pem.js';
import { printNote } from './terminal.js';

interface StandardInput {
  /** Longest input that is read. */
  readonly maxBytes: number;
  /** What a person at a terminal is to type, for the line that asks. */
  readonly what: string;
  readonly refuse: Refuse;
}

/**
 * All of the standard input, as text.
 *
 * @throws what `refuse` makes, where it is longer than `maxBytes`
 */
export async function readStandardInput(
  { maxBytes, what, refuse }: StandardInput,
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
): Promise<string> {
  if (input.isTTY) printNote(`Paste ${what}, and end with Ctrl-D:`);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw refuse(`the input is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
