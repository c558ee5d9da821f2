import { isFields, type JsonFields } from '../../common/domain/json.js';
import { MAX_INTEGER } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { MAX_REFRESH_TEXT_CHARACTERS } from '../../common/limits.js';

/** @param what - what is wrong, for the device */
export function refuse(what: string): StoreError {
  return new StoreError('invalid-request', `cannot read refresh request: ${what}`);
}

/** A list; empty if missing. @throws StoreError `invalid-request` on anything else, or on more than `most` items */
export function listOf(value: unknown, what: string, most: number): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw refuse(`${what} is not a list`);
  if (value.length > most) throw refuse(`it has more than ${most} ${what}; request fewer at a time`);
  return value;
}

/** @throws StoreError `invalid-request` if it is not an object */
export function fieldsOf(value: unknown, what: string): JsonFields {
  if (isFields(value)) return value;
  throw refuse(`${what} is not an object`);
}

/** A string; undefined if missing or empty. @throws StoreError `invalid-request` on anything else */
export function optionalText(fields: JsonFields, name: string): string | undefined {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw refuse(`${name} is not a string`);
  if (value.length > MAX_REFRESH_TEXT_CHARACTERS)
    throw refuse(`${name} is longer than ${MAX_REFRESH_TEXT_CHARACTERS} characters`);
  return value === '' ? undefined : value;
}

/** Whether it is a whole number within PostgreSQL's range. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INTEGER;
}

/** @throws StoreError `invalid-request` otherwise */
export function checkCount(value: unknown, name: string): number {
  if (isCount(value)) return value;
  throw refuse(`${name} is not a whole number from 0 to ${MAX_INTEGER}`);
}

/** A number; undefined if missing. @throws StoreError `invalid-request` on anything else */
export function countOf(fields: JsonFields, name: string): number | undefined {
  const value = fields[name] ?? undefined;
  return value === undefined ? undefined : checkCount(value, name);
}

/** A list of strings; undefined if missing. @throws StoreError `invalid-request` on anything else */
export function optionalTexts(value: unknown, what: string, most: number): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const texts = listOf(value, what, most);
  for (const text of texts) {
    if (typeof text !== 'string') throw refuse(`${what} is not a list of strings`);
    if (text.length > MAX_REFRESH_TEXT_CHARACTERS)
      throw refuse(`${what} contains a string longer than ${MAX_REFRESH_TEXT_CHARACTERS} characters`);
  }
  return texts as readonly string[];
}
