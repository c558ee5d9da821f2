import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';
import { assembleAssertion, bodyLengthOf, SEPARATOR } from './decode.js';
import { parseHeaders } from './headers.js';
import { MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';

const NEWLINE = 0x0a;

function invalid(why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot decode assertions: ${why}`);
}

function endOf(source: Buffer, from: number, limitBytes: number, what: string): number {
  const end = source.indexOf(SEPARATOR, from);
  const length = (end === -1 ? source.length : end) - from;
  if (length > limitBytes) throw invalid(`${what} are longer than ${limitBytes} bytes`);
  return end;
}

/** One assertion that begins at `from`, and where the next one does. */
function decodeNext(source: Buffer, from: number): { assertion: Assertion; next: number } {
  const headersEnd = endOf(source, from, MAX_HEADERS_BYTES, 'headers');
  if (headersEnd === -1) throw invalid('it ends in the middle of an assertion');
  const headers = parseHeaders(source.subarray(from, headersEnd));
  const bodyLength = bodyLengthOf(headers);
  const bodyStart = headersEnd + SEPARATOR.length;
  const contentEnd = bodyLength === 0 ? headersEnd : bodyStart + bodyLength;
  const signatureStart = contentEnd + SEPARATOR.length;
  if (signatureStart > source.length) throw invalid('it ends in the middle of an assertion');
  if (!source.subarray(contentEnd, signatureStart).equals(SEPARATOR))
    throw invalid('a body is not followed by an empty line');
  const signatureEnd = endOf(source, signatureStart, MAX_SIGNATURE_BYTES, 'signatures');
  const end = signatureEnd === -1 ? source.length : signatureEnd + 1;
  const body = bodyLength === 0 ? Buffer.alloc(0) : source.subarray(bodyStart, contentEnd);
  const content = source.subarray(from, contentEnd);
  return {
    assertion: assembleAssertion(headers, body, content, source.subarray(signatureStart, end)),
    next: signatureEnd === -1 ? source.length : signatureEnd + SEPARATOR.length,
  };
}

/**
 * Decodes a stream: assertions with one empty line between them.
 *
 * @returns each with its exact bytes, in order; none for an empty stream
 * @throws StoreError `invalid-assertion`, or `unsupported` for a type that is not known
 * @see snapcore/snapd: asserts/asserts.go, Decoder.Decode
 */
export function decodeStream(source: Buffer): Assertion[] {
  const assertions: Assertion[] = [];
  for (let at = 0; at < source.length;) {
    const { assertion, next } = decodeNext(source, at);
    assertions.push(assertion);
    at = next;
  }
  return assertions;
}

/**
 * Writes a stream that snapd reads: one empty line between assertions. The very last newline of a
 * file may be missing, and stays so only at the end.
 *
 * @see snapcore/snapd: asserts/asserts.go, Encoder.Encode
 */
export function encodeStream(assertions: readonly Assertion[]): Buffer {
  const newline = Buffer.from('\n');
  return Buffer.concat(
    assertions.flatMap(({ bytes }, index) => {
      const isLast = index === assertions.length - 1;
      const end = isLast ? [] : bytes.at(-1) === NEWLINE ? [newline] : [newline, newline];
      return [bytes, ...end];
    }),
  );
}
