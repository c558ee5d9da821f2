import type { Assertion } from '../assertions/format/assertion.js';
import { eachAssertion } from '../assertions/format/stream.js';
import { explainAssertionFile } from '../bundles/foreign-kind.js';
import { StoreError } from '../common/errors.js';

const NEW_LINE = 0x0a;

/** Without the empty lines around the stream that mail programs and editors leave: nobody signs them. */
function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === NEW_LINE) start += 1;
  let end = bytes.length;
  while (end > start + 1 && bytes[end - 1] === NEW_LINE && bytes[end - 2] === NEW_LINE) end -= 1;
  return bytes.subarray(start, end);
}

/**
 * Decodes a file of assertions that came from outside, one after the other. Empty lines around the stream
 * are passed over; whatever else happens to such files on their way is named for what it is.
 *
 * @throws StoreError `invalid-assertion`, `unsupported`, `too-large` as `decodeStream`, and where there is none
 */
export function* eachAssertionOf(bytes: Buffer): Generator<Assertion, void, void> {
  let isEmpty = true;
  try {
    for (const assertion of eachAssertion(trimmed(bytes))) {
      isEmpty = false;
      yield assertion;
    }
  } catch (error) {
    const why = explainAssertionFile(bytes);
    if (why === undefined) throw error;
    throw new StoreError('invalid-assertion', why, { cause: error });
  }
  if (isEmpty)
    throw new StoreError('invalid-assertion', explainAssertionFile(bytes) ?? 'it holds no assertion');
}
