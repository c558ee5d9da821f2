import { StoreError } from '../common/errors.js';
import { explainAssertionFile } from '../common/files/foreign-kind.js';
import type { Assertion } from './format/assertion.js';
import { eachAssertion } from './format/stream.js';

/** Largest `.assert` file of a snap; a chain has about ten thousand bytes. */
export const MAX_ASSERTION_FILE_BYTES = 64 << 20;

const NEW_LINE = 0x0a;

/** Removes the empty lines around the stream that mail programs and editors add. They are not signed. */
function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === NEW_LINE) start += 1;
  let end = bytes.length;
  while (end > start + 1 && bytes[end - 1] === NEW_LINE && bytes[end - 2] === NEW_LINE) end -= 1;
  return bytes.subarray(start, end);
}

/** A file that was written completely ends with a line end. */
function cutOff({ message }: Error, bytes: Buffer): string {
  const isCut = message.endsWith('in the middle of an assertion') || bytes.at(-1) !== NEW_LINE;
  return isCut ? `${message}: it was cut off, copy it again` : message;
}

/**
 * Decodes a file of assertions from outside, one after the other. Empty lines around the stream are ignored.
 * Other typical damage is reported by its cause.
 *
 * @throws StoreError `invalid-assertion`, `unsupported`, `too-large` as `decodeStream`, and if it contains no
 *   assertion
 */
export function* eachAssertionOf(bytes: Buffer): Generator<Assertion, void, void> {
  let isEmpty = true;
  try {
    for (const assertion of eachAssertion(trimmed(bytes))) {
      isEmpty = false;
      yield assertion;
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const why = explainAssertionFile(bytes) ?? cutOff(error, bytes);
    throw new StoreError(error.code, why, { cause: error });
  }
  if (isEmpty)
    throw new StoreError('invalid-assertion', explainAssertionFile(bytes) ?? 'it contains no assertion');
}

/** All of {@link eachAssertionOf}. */
export function assertionsOf(bytes: Buffer): Assertion[] {
  return [...eachAssertionOf(bytes)];
}
