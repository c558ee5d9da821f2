import { isUtf8 } from 'node:buffer';
import { StoreError } from '../../common/errors.js';
import type { HeaderMap, HeaderValue } from './assertion.js';
import { MAX_HEADER_DEPTH } from './limits.js';
import { quote } from './quote.js';

/** Header names and map keys. snapcore/snapd: asserts/headers.go, headerNameValidity */
const NAME = /^[a-z](?:-?[a-z0-9])*$/;
/** The indentation that a list or a map adds. */
const NESTED = '  ';
/** The indentation that the lines of a string add. */
const TEXT = '    ';

type MutableHeaders = Record<string, HeaderValue>;

function invalid(why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot read assertion headers: ${why}`);
}

function invalidToWrite(why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot write assertion headers: ${why}`);
}

/** The remaining lines. */
class Lines {
  private at = 0;

  constructor(private readonly lines: readonly string[]) {}

  get next(): string | undefined {
    return this.lines[this.at];
  }

  nextStartsWith(prefix: string): boolean {
    return this.next?.startsWith(prefix) === true;
  }

  /** Consumes the next line, without its known prefix. */
  take(prefix: string): string {
    const line = this.next ?? '';
    this.at += 1;
    return line.slice(prefix.length);
  }
}

function emptyHeaders(): MutableHeaders {
  return Object.create(null) as MutableHeaders;
}

/** `name: value`, or `name:` with lines below. */
function parseEntry(lines: Lines, indent: string, depth: number, into: MutableHeaders): void {
  const line = lines.take(indent);
  const colon = line.indexOf(':');
  if (colon === -1) throw invalid(`an entry has no ":": ${quote(line)}`);
  const name = line.slice(0, colon);
  if (!NAME.test(name)) throw invalid(`${quote(name)} is not a header name`);
  if (name in into) throw invalid(`${quote(name)} is repeated`);
  into[name] = parseValue(lines, line.slice(colon + 1), indent, depth);
}

/** @param rest - what the line has after `name:` or `-` */
function parseValue(lines: Lines, rest: string, indent: string, depth: number): HeaderValue {
  if (rest === '') return parseBelow(lines, indent, depth);
  if (!rest.startsWith(' ')) throw invalid(`a space or a line end is missing before value ${quote(rest)}`);
  return rest.slice(1);
}

/** A list, a map or a string of several lines: the start of the next line decides. */
function parseBelow(lines: Lines, indent: string, depth: number): HeaderValue {
  const nested = indent + NESTED;
  const first = lines.nextStartsWith(nested) ? lines.next?.charAt(nested.length) : undefined;
  if (first === undefined || first === '' || first === ' ') return parseText(lines, indent + TEXT);
  if (depth === MAX_HEADER_DEPTH) throw invalid(`more than ${MAX_HEADER_DEPTH} nested lists and maps`);
  return first === '-' ? parseList(lines, nested, depth + 1) : parseMap(lines, nested, depth + 1);
}

function parseText(lines: Lines, prefix: string): string {
  const text: string[] = [];
  while (lines.nextStartsWith(prefix)) text.push(lines.take(prefix));
  if (text.length > 0) return text.join('\n');
  throw invalid(
    `${prefix.length} spaces are missing at the start of ${lines.next === undefined ? 'a last line' : quote(lines.next)}`,
  );
}

function parseList(lines: Lines, indent: string, depth: number): HeaderValue[] {
  const list: HeaderValue[] = [];
  const prefix = `${indent}-`;
  while (lines.nextStartsWith(prefix)) list.push(parseValue(lines, lines.take(prefix), indent, depth));
  return list;
}

function parseMap(lines: Lines, indent: string, depth: number): HeaderMap {
  const map = emptyHeaders();
  while (lines.nextStartsWith(indent)) parseEntry(lines, indent, depth, map);
  return map;
}

/**
 * Parses the headers of an assertion.
 *
 * ```
 * name: text on one line
 * name:
 *     text
 *     of several lines
 * name:
 *   - item
 * name:
 *   key: value
 * ```
 *
 * @param text - UTF-8; lines have `\n` between them and none after the last
 * @returns headers, and the maps inside them, without a prototype and in the order read
 * @throws StoreError `invalid-assertion` on anything outside the grammar, or nested deeper than
 *   {@link MAX_HEADER_DEPTH}
 * @see snapcore/snapd: asserts/headers.go, parseHeaders
 */
export function parseHeaders(text: Buffer): HeaderMap {
  if (!isUtf8(text)) throw invalid('they are not UTF-8');
  const lines = new Lines(text.toString('utf8').split('\n'));
  const headers = emptyHeaders();
  while (lines.next !== undefined) parseEntry(lines, '', 0, headers);
  return headers;
}

/** An entry or a list item, starting with its line end; nothing for an empty list or map. */
function formatEntry(intro: string, value: HeaderValue, indent: string, depth: number): string {
  if (typeof value === 'string') return `\n${intro}${formatText(value, indent)}`;
  if (depth === MAX_HEADER_DEPTH) throw invalidToWrite(`more than ${MAX_HEADER_DEPTH} nested lists and maps`);
  const nested = indent + NESTED;
  const below = isList(value)
    ? value.map((item) => formatEntry(`${nested}-`, item, nested, depth + 1))
    : sortedEntries(value).map(([name, item]) =>
        formatEntry(nested + nameIntro(name), item, nested, depth + 1),
      );
  return below.length === 0 ? '' : `\n${intro}${below.join('')}`;
}

function formatText(text: string, indent: string): string {
  if (!text.includes('\n')) return ` ${text}`;
  const newLine = `\n${indent}${TEXT}`;
  return newLine + text.replaceAll('\n', newLine);
}

function isList(value: readonly HeaderValue[] | HeaderMap): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

function sortedEntries(map: HeaderMap): [string, HeaderValue][] {
  return Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function nameIntro(name: string): string {
  if (!NAME.test(name)) throw invalidToWrite(`${quote(name)} is not a header name`);
  return `${name}:`;
}

/**
 * Writes headers in the form of {@link parseHeaders}.
 *
 * @param entries - in the order to write; the keys of maps inside are sorted; empty lists and maps are omitted,
 *   because the grammar has none
 * @returns UTF-8 without a line end at the end
 * @throws StoreError `invalid-assertion` on a name outside the grammar, a string that cannot be encoded in
 *   UTF-8, or nesting deeper than {@link MAX_HEADER_DEPTH}
 * @see snapcore/snapd: asserts/headers.go, appendEntry
 */
export function formatHeaders(entries: readonly (readonly [name: string, value: HeaderValue])[]): Buffer {
  const text = entries
    .map(([name, value]) => formatEntry(nameIntro(name), value, '', 0))
    .join('')
    .slice(1);
  const bytes = Buffer.from(text, 'utf8');
  // An unpaired surrogate becomes a replacement character, so a different string would be signed.
  if (bytes.toString('utf8') !== text) throw invalidToWrite('a value has an unpaired surrogate');
  return bytes;
}
