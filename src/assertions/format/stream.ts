import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';
import { ByteQueue } from './byte-queue.js';
import { assembleAssertion, bodyLength, EMPTY_LINE, tooLarge } from './decode.js';
import { parseHeaders } from './headers.js';
import { MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';

const NEW_LINE = Buffer.from('\n');

/** Yields `undefined` if it cannot continue before more bytes have arrived. */
type Reading<T> = Generator<undefined, T, void>;

function invalid(why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot decode assertions: ${why}`);
}

/** Finds the next empty line, or the end (-1). It must be among the first `maxBytes` after `from`. */
function* findEmptyLine(queue: ByteQueue, from: number, maxBytes: number, part: string): Reading<number> {
  let searchFrom = from;
  for (;;) {
    const at = queue.indexOf(EMPTY_LINE, searchFrom);
    const isTooFar = at === -1 ? queue.length - from >= maxBytes : at + EMPTY_LINE.length - from > maxBytes;
    if (isTooFar) throw tooLarge(part, maxBytes);
    if (at !== -1 || queue.hasEnded) return at;
    searchFrom = Math.max(from, queue.length - 1);
    yield;
  }
}

/** Whether there is an empty line at exactly this position. */
function* hasEmptyLineAt(queue: ByteQueue, at: number): Reading<boolean> {
  while (queue.length < at + EMPTY_LINE.length && !queue.hasEnded) yield;
  return queue.view(at, at + EMPTY_LINE.length).equals(EMPTY_LINE);
}

/**
 * Where the content ends. Without a body, that is the end of the headers. But a body of no bytes may have its
 * own empty line, which is then signed.
 */
function* findContentEnd(queue: ByteQueue, headersEnd: number, bodyBytes: number): Reading<number> {
  const bodyEnd = headersEnd + EMPTY_LINE.length + bodyBytes;
  if (yield* hasEmptyLineAt(queue, bodyEnd)) return bodyEnd;
  if (bodyBytes === 0) return headersEnd;
  throw invalid('no empty line follows a body of the length that body-length gives');
}

/** Reads one assertion from the front of the queue; `undefined` if nothing is left. */
function* readAssertion(queue: ByteQueue): Reading<Assertion | undefined> {
  const headersEnd = yield* findEmptyLine(queue, 0, MAX_HEADERS_BYTES, 'headers');
  if (headersEnd === -1) {
    if (queue.length === 0) return undefined;
    throw invalid('they end in the middle of an assertion');
  }
  const headers = parseHeaders(queue.view(0, headersEnd));
  const contentEnd = yield* findContentEnd(queue, headersEnd, bodyLength(headers));
  const signatureStart = contentEnd + EMPTY_LINE.length;
  const signatureEnd = yield* findEmptyLine(queue, signatureStart, MAX_SIGNATURE_BYTES, 'signature');
  const bytes = queue.take(signatureEnd === -1 ? queue.length : signatureEnd + NEW_LINE.length);
  if (signatureEnd !== -1) queue.take(NEW_LINE.length);
  return assembleAssertion({ bytes, headers, headersEnd, contentEnd });
}

/** Yields each assertion, and `undefined` while it waits for more bytes. */
function* readAssertions(queue: ByteQueue): Generator<Assertion | undefined, void, void> {
  for (;;) {
    const assertion = yield* readAssertion(queue);
    if (!assertion) return;
    yield assertion;
  }
}

/** The assertions that are complete by now. */
function* completed(reading: Generator<Assertion | undefined, void, void>): Generator<Assertion, void, void> {
  for (let next = reading.next(); !next.done && next.value; next = reading.next()) yield next.value;
}

/**
 * Decodes a stream: assertions with one empty line between them, in any order.
 *
 * Each keeps its exact bytes. An extra line end after the last one is ignored, and the last one's own may be
 * missing.
 *
 * @returns the assertions in order; none for no bytes
 * @throws StoreError `invalid-assertion`; `unsupported` for an unknown type or format; `too-large` beyond a
 *   limit
 * @see snapcore/snapd: asserts/asserts.go, Decoder.Decode
 */
export function decodeStream(source: Buffer): Assertion[] {
  return [...eachAssertion(source)];
}

/** As {@link decodeStream}, one at a time: only what the caller keeps stays in memory. */
export function* eachAssertion(source: Buffer): Generator<Assertion, void, void> {
  const queue = new ByteQueue(source);
  queue.close();
  yield* completed(readAssertions(queue));
}

/**
 * Decodes a stream while it arrives. At most one assertion and one chunk are in memory, and a part beyond its
 * limit is refused before the rest of it is read.
 *
 * @param options - `maxBytes`: the largest length of the whole stream
 * @throws StoreError as {@link decodeStream}, and `too-large` beyond `maxBytes`
 */
export async function* decodeStreamChunks(
  source: AsyncIterable<Uint8Array>,
  { maxBytes }: { readonly maxBytes: number },
): AsyncGenerator<Assertion, void, void> {
  const queue = new ByteQueue();
  const reading = readAssertions(queue);
  let readBytes = 0;
  for await (const chunk of source) {
    readBytes += chunk.length;
    if (readBytes > maxBytes)
      throw new StoreError('too-large', `cannot decode assertions: they exceed ${maxBytes} bytes`);
    queue.append(chunk);
    yield* completed(reading);
  }
  queue.close();
  yield* completed(reading);
}

/**
 * Writes a stream that snapd reads: one empty line between assertions, each with its exact bytes.
 *
 * If an assertion has no last line end, one is inserted before the next one, as snapd does. At the very end
 * none is added (snapd would add it), so that a decoded file is written back unchanged.
 *
 * @see snapcore/snapd: asserts/asserts.go, Encoder.WriteContentSignature
 */
export function encodeStream(assertions: readonly Assertion[]): Buffer {
  const parts = assertions.flatMap(({ bytes }, index) => {
    if (index === assertions.length - 1) return [bytes];
    return bytes.at(-1) === NEW_LINE[0] ? [bytes, NEW_LINE] : [bytes, EMPTY_LINE];
  });
  return Buffer.concat(parts);
}
