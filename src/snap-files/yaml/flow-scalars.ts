import type { Cursor, Mark } from './cursor.js';

/** How many lines a value goes over is folded into blanks; a line that is empty stays one. */
class Folding {
  private blanks = '';
  private first = '';
  private more = '';
  private isBroken = false;

  get hasLines(): boolean {
    return this.isBroken;
  }

  /** An escaped line end joins what stands on both sides. */
  join(): void {
    this.isBroken = true;
  }

  addBlank(blank: string): void {
    if (!this.isBroken) this.blanks += blank;
  }

  addBreak(end: string): void {
    if (this.isBroken) this.more += end;
    else {
      this.blanks = '';
      this.first = end;
      this.isBroken = true;
    }
  }

  /** What stands for all of it in the value, which begins anew. */
  take(): string {
    const folded = this.isBroken ? this.folded() : this.blanks;
    this.blanks = this.first = this.more = '';
    this.isBroken = false;
    return folded;
  }

  private folded(): string {
    if (!this.first.startsWith('\n')) return this.first + this.more;
    return this.more === '' ? ' ' : this.more;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\u001b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};

const ESCAPE_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const LAST_CHARACTER = 0x10_ffff;

function takeEscape(cursor: Cursor, start: Mark): string {
  const kind = cursor.char(1);
  const plain = Object.hasOwn(ESCAPES, kind) ? ESCAPES[kind] : undefined;
  const digits = Object.hasOwn(ESCAPE_DIGITS, kind) ? ESCAPE_DIGITS[kind] : undefined;
  if (plain === undefined && digits === undefined) cursor.fail('found an unknown escape sequence', start);
  cursor.skip(2);
  if (digits === undefined) return plain ?? '';
  let hex = '';
  for (let left = digits; left > 0; left -= 1) hex += /[0-9a-fA-F]/.test(cursor.char()) ? cursor.take() : '';
  const code = Number.parseInt(hex, 16);
  if (hex.length < digits) cursor.fail('an escape sequence lacks digits', start);
  if ((code >= 0xd800 && code <= 0xdfff) || code > LAST_CHARACTER)
    cursor.fail('an escape sequence is no character', start);
  return String.fromCodePoint(code);
}

/** Takes what stands between two blanks of a quoted text. @returns whether an escaped line end ended it */
function takeWord(cursor: Cursor, quote: string, start: Mark, parts: string[]): boolean {
  while (!cursor.isBlankOrBreakOrEnd()) {
    if (quote === "'" && cursor.char() === quote && cursor.char(1) === quote) {
      cursor.skip(2);
      parts.push(quote);
    } else if (cursor.char() === quote) return false;
    else if (quote === '"' && cursor.char() === '\\' && cursor.isBreak(1)) {
      cursor.skip();
      cursor.takeBreak();
      return true;
    } else if (quote === '"' && cursor.char() === '\\') parts.push(takeEscape(cursor, start));
    else parts.push(cursor.take());
  }
  return false;
}

function takeSpace(cursor: Cursor, folding: Folding, checkTab?: () => void): void {
  while (cursor.isBlank() || cursor.isBreak()) {
    if (cursor.isBreak()) folding.addBreak(cursor.takeBreak());
    else {
      checkTab?.();
      folding.addBlank(cursor.take());
    }
  }
}

/**
 * Reads a quoted text, which goes on at any column.
 *
 * @see gopkg.in/yaml.v2: scannerc.go, yaml_parser_scan_flow_scalar
 */
export function scanQuoted(cursor: Cursor): string {
  const start = cursor.mark;
  const quote = cursor.take();
  const parts: string[] = [];
  const folding = new Folding();
  for (;;) {
    if (cursor.isDocumentMark('---') || cursor.isDocumentMark('...'))
      cursor.fail('a document ends in the middle of a quoted text', start);
    if (cursor.isEnd()) cursor.fail('a quoted text has no end', start);
    if (takeWord(cursor, quote, start, parts)) folding.join();
    if (cursor.char() === quote) break;
    takeSpace(cursor, folding);
    parts.push(folding.take());
  }
  cursor.skip();
  return parts.join('');
}

/** Where a plain text ends: at a colon with a blank behind it, in lists and maps also at their own signs. */
function endsPlain(cursor: Cursor, isInFlow: boolean): boolean {
  if (cursor.char() === ':' && cursor.isBlankOrBreakOrEnd(1)) return true;
  return isInFlow && cursor.isOneOf(',?[]{}');
}

/**
 * Reads a text without quotes.
 *
 * @param indent - the column in which what belongs to it must stand at least
 * @returns it, and whether it ended behind a line's end
 * @see gopkg.in/yaml.v2: scannerc.go, yaml_parser_scan_plain_scalar
 */
export function scanPlain(
  cursor: Cursor,
  isInFlow: boolean,
  indent: number,
): { value: string; endsWithLine: boolean } {
  const start = cursor.mark;
  const parts: string[] = [];
  const folding = new Folding();
  const checkTab = () => {
    if (folding.hasLines && cursor.column < indent && cursor.char() === '\t')
      cursor.fail('a tab stands where a line is indented', start);
  };
  for (;;) {
    if (cursor.isDocumentMark('---') || cursor.isDocumentMark('...') || cursor.char() === '#') break;
    while (!cursor.isBlankOrBreakOrEnd() && !endsPlain(cursor, isInFlow))
      parts.push(folding.take(), cursor.take());
    if (!cursor.isBlank() && !cursor.isBreak()) break;
    takeSpace(cursor, folding, checkTab);
    if (!isInFlow && cursor.column < indent) break;
  }
  return { value: parts.join(''), endsWithLine: folding.hasLines };
}
