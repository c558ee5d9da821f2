import { digestFromBase64url } from '../../common/crypto/digest.js';
import { MAX_INTEGER } from '../../common/domain/words.js';
import type { HeaderMap, HeaderValue } from './assertion.js';
import { quote } from './quote.js';

/** An error in a header, as the end of a sentence. The code that knows the assertion adds the start. */
export class HeaderError extends Error {
  override readonly name = 'HeaderError';
}

const WHOLE_NUMBER = /^(?:0|[1-9]\d*)$/;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const MINUTE_MS = 60_000;

/**
 * The following checks take a map and the name of an entry in it. For a map inside the headers, `of` names it,
 * such as `snap "hello"`.
 */
function label(name: string, of: string | undefined): string {
  return of === undefined ? `header ${quote(name)}` : `${quote(name)} of ${of}`;
}

export function isMap(value: HeaderValue | undefined): value is HeaderMap {
  return typeof value === 'object' && !Array.isArray(value);
}

export function isList(value: HeaderValue | undefined): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

/** @returns the string, empty if it is missing */
export function readOptionalText(map: HeaderMap, name: string, of?: string): string {
  const value = map[name];
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new HeaderError(`${label(name, of)} is not a string`);
  return value;
}

/** @returns the string, which may be empty but not missing */
export function readText(map: HeaderMap, name: string, of?: string): string {
  if (map[name] === undefined) throw new HeaderError(`${label(name, of)} is missing`);
  return readOptionalText(map, name, of);
}

export function readNonEmptyText(map: HeaderMap, name: string, of?: string): string {
  const value = readText(map, name, of);
  if (value === '') throw new HeaderError(`${label(name, of)} is empty`);
  return value;
}

export function readMatching(map: HeaderMap, name: string, pattern: RegExp, of?: string): string {
  const value = readNonEmptyText(map, name, of);
  if (!pattern.test(value)) throw new HeaderError(`${label(name, of)} is malformed: ${quote(value)}`);
  return value;
}

export function readOneOf(map: HeaderMap, name: string, choices: readonly string[], of?: string): string {
  const value = readNonEmptyText(map, name, of);
  if (!choices.includes(value))
    throw new HeaderError(`${label(name, of)} is not one of ${choices.join(', ')}: ${quote(value)}`);
  return value;
}

/** A choice that may be missing or empty. */
export function readOptionalOneOf(
  map: HeaderMap,
  name: string,
  choices: readonly string[],
  of?: string,
): string {
  return readOptionalText(map, name, of) === '' ? '' : readOneOf(map, name, choices, of);
}

/** Parses a number that is not a map entry, such as an element of a list. */
export function parseNumber(text: string, what: string, min: number, max = MAX_INTEGER): number {
  const number = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new HeaderError(`${what} is not a whole number from ${min} to ${max}: ${quote(text)}`);
}

/** A number without leading zeros or sign. Revisions and sequences start at 1. */
export function readNumber(map: HeaderMap, name: string, min: number, of?: string): number {
  return parseNumber(readNonEmptyText(map, name, of), label(name, of), min);
}

export function readOptionalNumber(
  map: HeaderMap,
  name: string,
  min: number,
  of?: string,
): number | undefined {
  return map[name] === undefined ? undefined : readNumber(map, name, min, of);
}

/** @returns bytes; snapd supports 64 bits, but no file has more than 2^53 bytes */
export function readSize(map: HeaderMap, name: string, of?: string): number {
  return parseNumber(readNonEmptyText(map, name, of), label(name, of), 0, Number.MAX_SAFE_INTEGER);
}

/**
 * Parses an RFC 3339 time, to the millisecond.
 *
 * @returns undefined if the string is not such a time, or its day does not exist
 */
export function parseTime(text: string): Date | undefined {
  const [, local, fraction = '', sign, hours, minutes] = TIME.exec(text) ?? [];
  if (local === undefined) return undefined;
  const inUtc = `${local}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const time = new Date(inUtc);
  // Date turns 30 February into another day.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== inUtc) return undefined;
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
  return new Date(time.getTime() - (sign === '-' ? -offsetMs : offsetMs));
}

export function readTime(map: HeaderMap, name: string, of?: string): Date {
  const text = readNonEmptyText(map, name, of);
  const time = parseTime(text);
  if (time) return time;
  throw new HeaderError(`${label(name, of)} is not an RFC 3339 time: ${quote(text)}`);
}

export function readOptionalTime(map: HeaderMap, name: string, of?: string): Date | undefined {
  return map[name] === undefined ? undefined : readTime(map, name, of);
}

/** @returns whether it exists and is `true` */
export function readOptionalBoolean(map: HeaderMap, name: string, of?: string): boolean {
  const value = map[name];
  if (value === undefined || value === 'true' || value === 'false') return value === 'true';
  throw new HeaderError(`${label(name, of)} is not true or false`);
}

/** SHA3-384 in unpadded base64url. */
export function checkDigest(map: HeaderMap, name: string, of?: string): void {
  const text = readNonEmptyText(map, name, of);
  try {
    digestFromBase64url(text);
  } catch (error) {
    throw new HeaderError(`${label(name, of)} is not a digest: ${quote(text)}`, { cause: error });
  }
}

export function readOptionalList(map: HeaderMap, name: string, of?: string): readonly HeaderValue[] {
  const value = map[name];
  if (value === undefined) return [];
  if (!isList(value)) throw new HeaderError(`${label(name, of)} is not a list`);
  return value;
}

/** @returns the strings, empty if the list is missing */
export function readTexts(map: HeaderMap, name: string, pattern?: RegExp, of?: string): string[] {
  return readOptionalList(map, name, of).map((value) => {
    if (typeof value !== 'string') throw new HeaderError(`${label(name, of)} is not a list of strings`);
    if (pattern && !pattern.test(value))
      throw new HeaderError(`${label(name, of)} has a malformed element: ${quote(value)}`);
    return value;
  });
}

/** @returns the maps, empty if the list is missing */
export function readMaps(map: HeaderMap, name: string, of?: string): HeaderMap[] {
  return readOptionalList(map, name, of).map((value) => {
    if (!isMap(value)) throw new HeaderError(`${label(name, of)} is not a list of maps`);
    return value;
  });
}

export function readOptionalMap(map: HeaderMap, name: string, of?: string): HeaderMap | undefined {
  const value = map[name];
  if (value === undefined) return undefined;
  if (!isMap(value)) throw new HeaderError(`${label(name, of)} is not a map`);
  return value;
}

export function checkPresent(map: HeaderMap, name: string): void {
  if (map[name] === undefined) throw new HeaderError(`${label(name, undefined)} is missing`);
}

export function checkAbsent(map: HeaderMap, name: string, where: string): void {
  if (map[name] !== undefined) throw new HeaderError(`${label(name, undefined)} is not for ${where}`);
}
