import { StoreError } from '../../common/errors.js';
import { MAX_JSON_VALUES } from '../../common/limits.js';

/** Longest JSON document in a bundle; the channel map of the largest snap has a few hundred kilobytes. */
export const MAX_BUNDLE_JSON_BYTES = 16 << 20;

/** The error of an invalid document in a bundle. */
export function badDocument(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-bundle', `${path} ${why}`, { cause });
}

/** Characters that PostgreSQL does not accept in a string: NUL and unpaired surrogates. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** JSON in UTF-8 can contain them only as escapes. */
const ESCAPED_UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** Whether the database can store every string of a document, including field names. */
export function isStorable(document: unknown): boolean {
  let storable = true;
  JSON.stringify(document, (name, value: unknown) => {
    storable &&= !UNSTORABLE.test(name) && !(typeof value === 'string' && UNSTORABLE.test(value));
    return value;
  });
  return storable;
}

/** `,`, `[` and `{` */
const VALUE_STARTS = new Set([0x2c, 0x5b, 0x7b]);

/** An upper bound for the number of values: the number of commas, brackets and braces, plus one. */
function mostValues(bytes: Buffer): number {
  let count = 1;
  for (const byte of bytes) if (VALUE_STARTS.has(byte)) count += 1;
  return count;
}

/** @throws StoreError `invalid-bundle` if the bytes are not JSON in UTF-8 or a string cannot be stored; `too-large` */
export function parseJson(path: string, bytes: Buffer): unknown {
  // In memory each value is many times larger than its text.
  if (mostValues(bytes) > MAX_JSON_VALUES)
    throw new StoreError('too-large', `${path} has more than ${MAX_JSON_VALUES} values`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const document: unknown = JSON.parse(text);
    if (!ESCAPED_UNSTORABLE.test(text) || isStorable(document)) return document;
  } catch (error) {
    throw badDocument(path, 'is not JSON', error);
  }
  throw badDocument(path, 'contains a string with a NUL or an unpaired surrogate');
}
