import type { Cursor, Mark } from './cursor.js';

/** Folds the line ends in a value: one line end becomes a blank, an empty line becomes a line end. */
class Folding {
  private blanks = '';
  private first = '';
  private more = '';
  private isBroken = false;

  get hasLines(): boolean {
    return this.isBroken;
  }

  /** An escaped line end joins the text on both sides. */
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

  /** What replaces all of it in the value. The count starts again. */
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
    cursor.fail('an escape sequence is not a valid character', start);
  return String.fromCodePoint(code);
}

/** Reads the text between two blanks of a quoted string. @returns whether an escaped line end ended it */
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
 * Reads a quoted string, which may continue at any column.
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
      cursor.fail('a document ends inside a quoted string', start);
    if (cursor.isEnd()) cursor.fail('a quoted string has no end', start);
    if (takeWord(cursor, quote, start, parts)) folding.join();
    if (cursor.char() === quote) break;
    takeSpace(cursor, folding);
    parts.push(folding.take());
  }
  cursor.skip();
  return parts.join('');
}

/**
 * Where a plain string ends: at a colon before a blank, and in flow lists and maps also at their own
 * indicators.
 */
function endsPlain(cursor: Cursor, isInFlow: boolean): boolean {
  if (cursor.char() === ':' && cursor.isBlankOrBreakOrEnd(1)) return true;
  return isInFlow && cursor.isOneOf(',?[]{}');
}

/**
 * Reads a string without quotes.
 *
 * @param indent - the smallest column in which its lines may start
 * @returns the string, and whether it ended after a line end
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
      cursor.fail('a line is indented with a tab', start);
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
