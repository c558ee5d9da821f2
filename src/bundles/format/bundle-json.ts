import { StoreError } from '../../common/errors.js';
import { MAX_JSON_VALUES } from '../../common/limits.js';

/** Longest JSON document in a bundle; the channel map of the largest snap has some hundred kilobytes. */
export const MAX_BUNDLE_JSON_BYTES = 16 << 20;

export type JsonFields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textField(fields: JsonFields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** The error of a document in a bundle that is not as it should be. */
export function badDocument(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-bundle', `${path} ${why}`, { cause });
}

/** What PostgreSQL does not take in a text: NUL, and half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** JSON in UTF-8 can only have them as escapes. */
const ESCAPED_UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** Whether the database can hold every text of a document, names of fields included. */
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

/** At least as many values as the text has: one more than it has commas, brackets and braces. */
function mostValues(bytes: Buffer): number {
  let count = 1;
  for (const byte of bytes) if (VALUE_STARTS.has(byte)) count += 1;
  return count;
}

/** @throws StoreError `invalid-bundle` where the bytes are no JSON in UTF-8, or a text in it cannot be stored; `too-large` */
export function parseJson(path: string, bytes: Buffer): unknown {
  // Each takes many times its text in memory.
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
