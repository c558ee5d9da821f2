import type { Cursor, Mark } from './cursor.js';

/** `[-_0-9A-Za-z]`: the characters of names of anchors, handles and directives. */
const WORD = /[-_0-9A-Za-z]/;
const URI = /[-_0-9A-Za-z;/?:@&=+$,.!~*'()[\]]/;
const LONGEST_VERSION_NUMBER = 2;

/** A tag as written: `!!str` has the handle `!!`; a verbatim tag has none. */
export interface WrittenTag {
  readonly handle: string;
  readonly suffix: string;
}

export type Directive =
  | { readonly name: 'YAML'; readonly major: number; readonly minor: number }
  | { readonly name: 'TAG'; readonly handle: string; readonly prefix: string };

/** Reads the name after `&` or `*`. */
export function scanAnchor(cursor: Cursor): string {
  const start = cursor.mark;
  cursor.skip();
  const name = cursor.takeWhile(WORD);
  if (name === '' || !(cursor.isBlankOrBreakOrEnd() || cursor.isOneOf('?:,]}%@`')))
    cursor.fail('an anchor or alias must have a name of letters and digits', start);
  return name;
}

function scanHandle(cursor: Cursor, start: Mark, isDirective: boolean): string {
  if (cursor.char() !== '!') cursor.fail('a tag must start with "!"', start);
  const handle = cursor.take() + cursor.takeWhile(WORD);
  if (cursor.char() === '!') return handle + cursor.take();
  if (isDirective && handle !== '!') cursor.fail('the handle of a tag must end with "!"', start);
  return handle;
}

/** `%41` in a tag: the bytes of one character in UTF-8. */
function scanEscapedCharacter(cursor: Cursor, start: Mark): Uint8Array {
  const bytes: number[] = [];
  for (let length = 1; bytes.length < length;) {
    const digits = cursor.char(1) + cursor.char(2);
    if (cursor.char() !== '%' || !/^[0-9a-fA-F]{2}$/.test(digits))
      cursor.fail('a tag has an invalid escape sequence', start);
    const byte = Number.parseInt(digits, 16);
    if (bytes.length === 0) length = lengthOf(byte);
    if (length === 0 || (bytes.length > 0 && (byte & 0xc0) !== 0x80))
      cursor.fail('a tag has an invalid escape sequence', start);
    bytes.push(byte);
    cursor.skip(3);
  }
  return Buffer.from(bytes);
}

function lengthOf(byte: number): number {
  if (byte < 0x80) return 1;
  if ((byte & 0xe0) === 0xc0) return 2;
  if ((byte & 0xf0) === 0xe0) return 3;
  return (byte & 0xf8) === 0xf0 ? 4 : 0;
}

/** @param head - what was read as a handle but is not one */
function scanUri(cursor: Cursor, start: Mark, head = ''): string {
  const parts: Uint8Array[] = [Buffer.from(head.slice(1))];
  let isThere = head !== '';
  for (; URI.test(cursor.char()) || cursor.char() === '%'; isThere = true)
    parts.push(
      cursor.char() === '%' ? scanEscapedCharacter(cursor, start) : Buffer.from(cursor.takeWhile(URI)),
    );
  if (!isThere) cursor.fail('a tag has no name', start);
  return Buffer.concat(parts).toString('utf8');
}

/** Reads a tag: `!<URI>`, `!handle!suffix`, `!suffix` or `!`. */
export function scanTag(cursor: Cursor): WrittenTag {
  const start = cursor.mark;
  const tag = cursor.char(1) === '<' ? scanVerbatim(cursor, start) : scanShort(cursor, start);
  if (!cursor.isBlankOrBreakOrEnd()) cursor.fail('a tag must be followed by a blank', start);
  return tag;
}

function scanVerbatim(cursor: Cursor, start: Mark): WrittenTag {
  cursor.skip(2);
  const suffix = scanUri(cursor, start);
  if (cursor.char() !== '>') cursor.fail('a tag must end with ">"', start);
  cursor.skip();
  return { handle: '', suffix };
}

function scanShort(cursor: Cursor, start: Mark): WrittenTag {
  const handle = scanHandle(cursor, start, false);
  if (handle.length > 1 && handle.endsWith('!')) return { handle, suffix: scanUri(cursor, start) };
  const suffix = scanUri(cursor, start, handle);
  return suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix };
}

function scanVersionNumber(cursor: Cursor, start: Mark): number {
  const digits = cursor.takeWhile(/[0-9]/);
  if (digits === '' || digits.length > LONGEST_VERSION_NUMBER)
    cursor.fail('%YAML must have a version such as 1.1', start);
  return Number(digits);
}

function scanDirectiveValue(cursor: Cursor, start: Mark, name: string): Directive {
  if (name === 'YAML') {
    cursor.skipBlanks();
    const major = scanVersionNumber(cursor, start);
    if (cursor.char() !== '.') cursor.fail('%YAML must have a version such as 1.1', start);
    cursor.skip();
    return { name, major, minor: scanVersionNumber(cursor, start) };
  }
  if (name !== 'TAG') cursor.fail('a directive must be %YAML or %TAG', start);
  cursor.skipBlanks();
  const handle = scanHandle(cursor, start, true);
  if (!cursor.isBlank()) cursor.fail('the handle of %TAG must be followed by a blank', start);
  cursor.skipBlanks();
  const prefix = scanUri(cursor, start);
  if (!cursor.isBlankOrBreakOrEnd()) cursor.fail('the prefix of %TAG must be followed by a blank', start);
  return { name, handle, prefix };
}

/** Reads a line that starts with `%`. */
export function scanDirective(cursor: Cursor): Directive {
  const start = cursor.mark;
  cursor.skip();
  const name = cursor.takeWhile(WORD);
  if (name === '' || !cursor.isBlankOrBreakOrEnd()) cursor.fail('a directive has no name', start);
  const directive = scanDirectiveValue(cursor, start, name);
  cursor.skipBlanks();
  cursor.skipComment();
  if (!cursor.isBreakOrEnd()) cursor.fail('unexpected text after a directive', start);
  cursor.takeBreak();
  return directive;
}
