import type { Assertion } from '../../assertions/format/assertion.js';
import { StoreError } from '../../common/errors.js';
import { MAX_IMPORT_DOCUMENT_BYTES, MAX_IMPORT_HELD_BYTES } from '../../common/limits.js';

// Measured with Node 20: bytes of a value on the heap of V8, rounded up.
const ASSERTION_BYTES = 2_048;
/** Each line of the headers is a string, or an entry of a list. */
const HEADER_LINE_BYTES = 96;
const OBJECT_BYTES = 64;
const MEMBER_BYTES = 16;
const STRING_BYTES = 32;

const NEW_LINE = 0x0a;

/** Memory of one decoded assertion, in bytes. */
export function assertionCost({ bytes, content, body }: Assertion): number {
  let lines = 0;
  const headers = content.subarray(0, content.length - body.length);
  for (let at = headers.indexOf(NEW_LINE); at !== -1; at = headers.indexOf(NEW_LINE, at + 1)) lines += 1;
  return ASSERTION_BYTES + 2 * bytes.length + HEADER_LINE_BYTES * lines;
}

/** Memory of a value of strings, numbers, dates, lists and objects, in bytes. */
export function valueCost(value: unknown): number {
  if (typeof value === 'string') return STRING_BYTES + 2 * value.length;
  if (typeof value !== 'object' || value === null) return MEMBER_BYTES;
  let cost = OBJECT_BYTES;
  for (const member of Object.values(value)) cost += MEMBER_BYTES + valueCost(member);
  return cost;
}

/** One memory budget for all files of an import: a small archive can unpack to any number of documents. */
export class ImportBudget {
  private heldBytes = 0;
  private readBytes = 0;

  /** @throws StoreError `too-large` if the values in memory exceed {@link MAX_IMPORT_HELD_BYTES} */
  hold(costBytes: number): void {
    this.heldBytes += costBytes;
    if (this.heldBytes > MAX_IMPORT_HELD_BYTES)
      throw new StoreError(
        'too-large',
        `its assertions, channel maps and descriptions take more than ${MAX_IMPORT_HELD_BYTES} bytes of memory: split it`,
      );
  }

  /** @throws StoreError `too-large` if the documents read exceed {@link MAX_IMPORT_DOCUMENT_BYTES} */
  read(sizeBytes: number): void {
    this.readBytes += sizeBytes;
    if (this.readBytes > MAX_IMPORT_DOCUMENT_BYTES)
      throw new StoreError(
        'too-large',
        `its assertions and JSON documents have more than ${MAX_IMPORT_DOCUMENT_BYTES} bytes together: split it`,
      );
  }
}
