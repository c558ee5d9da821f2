import { StoreError } from '../../common/errors.js';
import type { HeaderMap, HeaderValue } from './assertion.js';
import { MAX_HEADER_DEPTH } from './limits.js';

/** Also the grammar of map keys. snapcore/snapd: asserts/headers.go, headerNameSanity */
const NAME = /^[a-z](?:-?[a-z0-9])*$/;
const MULTILINE_PREFIX = '    ';
const NESTED_PREFIX = '  ';

function invalid(why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot read assertion headers: ${why}`);
}

/** Lines still to read, one ahead. */
class Lines {
  private at = 0;

  constructor(private readonly lines: readonly string[]) {}

  get next(): string | undefined {
    return this.lines[this.at];
  }

  take(): string {
    const line = this.lines[this.at] ?? '';
    this.at += 1;
    return line;
  }
}

/** `name: value` or `name:` with more lines below. */
function parseEntry(
  lines: Lines,
  prefixLength: number,
  into: Record<string, HeaderValue>,
  depth: number,
): void {
  const line = lines.take().slice(prefixLength);
  const colon = line.indexOf(':');
  if (colon === -1) throw invalid(`entry missing ':' separator: ${JSON.stringify(line.slice(0, 80))}`);
  const name = line.slice(0, colon);
  if (!NAME.test(name)) throw invalid(`invalid entry name: ${JSON.stringify(name.slice(0, 80))}`);
  if (name in into) throw invalid(`repeated entry: ${JSON.stringify(name)}`);
  into[name] = parseValue(line.slice(colon + 1), name, lines, prefixLength, depth);
}

function parseValue(
  rest: string,
  name: string,
  lines: Lines,
  prefixLength: number,
  depth: number,
): HeaderValue {
  if (rest !== '') {
    if (!rest.startsWith(' '))
      throw invalid(
        `entry should have a space or newline (for multiline) before value: ${JSON.stringify(name.slice(0, 80))}`,
      );
    return rest.slice(1);
  }
  return parseBelow(lines, ' '.repeat(prefixLength), depth + 1);
}

/** A list, a map or a text of several lines: told apart by how the next line begins. */
function parseBelow(lines: Lines, base: string, depth: number): HeaderValue {
  if (depth > MAX_HEADER_DEPTH) throw invalid(`it nests deeper than ${MAX_HEADER_DEPTH} levels`);
  const { next = '' } = lines;
  if (next.startsWith(`${base}${NESTED_PREFIX}-`)) return parseList(lines, base + NESTED_PREFIX, depth);
  const nested = base + NESTED_PREFIX;
  if (next.length > nested.length && next.startsWith(nested) && next[nested.length] !== ' ')
    return parseMap(lines, nested, depth);
  return parseText(lines, base + MULTILINE_PREFIX);
}

function parseText(lines: Lines, prefix: string): string {
  if (lines.next?.startsWith(prefix) !== true)
    throw invalid('expected 4 chars nesting prefix after multiline introduction');
  const text: string[] = [];
  while (lines.next?.startsWith(prefix) === true) text.push(lines.take().slice(prefix.length));
  return text.join('\n');
}

function parseList(lines: Lines, prefix: string, depth: number): HeaderValue[] {
  const list: HeaderValue[] = [];
  while (lines.next?.startsWith(`${prefix}-`) === true) {
    list.push(parseValue(lines.take().slice(prefix.length + 1), 'list item', lines, prefix.length, depth));
  }
  return list;
}

function parseMap(lines: Lines, prefix: string, depth: number): HeaderMap {
  const map: Record<string, HeaderValue> = Object.create(null) as Record<string, HeaderValue>;
  while (lines.next?.startsWith(prefix) === true) parseEntry(lines, prefix.length, map, depth);
  return map;
}

/**
 * Reads the headers of an assertion.
 *
 * @param bytes - UTF-8, lines ended by a single `\n`, none after the last
 * @throws StoreError `invalid-assertion` on anything outside the grammar
 * @see snapcore/snapd: asserts/headers.go, parseHeaders
 */
export function parseHeaders(bytes: Buffer): HeaderMap {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new StoreError('invalid-assertion', 'cannot read assertion headers: they are not UTF-8', {
      cause: error,
    });
  }
  const lines = new Lines(text.split('\n'));
  const headers: Record<string, HeaderValue> = Object.create(null) as Record<string, HeaderValue>;
  while (lines.next !== undefined) parseEntry(lines, 0, headers, 0);
  return headers;
}

function formatValue(value: HeaderValue, base: string): string {
  if (typeof value === 'string') {
    return value.includes('\n')
      ? `\n${value
          .split('\n')
          .map((line) => base + MULTILINE_PREFIX + line)
          .join('\n')}`
      : ` ${value}`;
  }
  const prefix = base + NESTED_PREFIX;
  if (Array.isArray(value))
    return (value as readonly HeaderValue[])
      .map((item) => `\n${prefix}-${formatValue(item, prefix)}`)
      .join('');
  return Object.keys(value)
    .toSorted()
    .map((name) => formatEntry(name, (value as HeaderMap)[name] ?? '', prefix))
    .join('');
}

function isEmpty(value: HeaderValue): boolean {
  return typeof value !== 'string' && Object.keys(value).length === 0;
}

/** The entry with the newline before it; nothing for an empty list or map, which the format cannot say. */
function formatEntry(name: string, value: HeaderValue, prefix: string): string {
  if (!NAME.test(name)) throw invalid(`invalid entry name: ${JSON.stringify(name.slice(0, 80))}`);
  return isEmpty(value) ? '' : `\n${prefix}${name}:${formatValue(value, prefix)}`;
}

/** Writes headers in the given order; maps inside them are sorted. snapcore/snapd: asserts/headers.go, appendEntry */
export function formatHeaders(entries: readonly (readonly [name: string, value: HeaderValue])[]): string {
  return entries
    .map(([name, value]) => formatEntry(name, value, ''))
    .join('')
    .slice(1);
}
