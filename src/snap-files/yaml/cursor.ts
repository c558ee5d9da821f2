const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const NEL = 0x85;
const LINE_SEPARATOR = 0x2028;
const PARAGRAPH_SEPARATOR = 0x2029;
const BYTE_ORDER_MARK = 0xfeff;

/** A position in a text, in characters. A character beyond U+FFFF counts as one. */
export interface Mark {
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

/** Invalid YAML in a text. The message names the line. */
export class YamlSyntaxError extends Error {}

function isBreakCode(code: number): boolean {
  return (
    code === LF || code === CR || code === NEL || code === LINE_SEPARATOR || code === PARAGRAPH_SEPARATOR
  );
}

/** Walks through a text. The text must not contain NUL, which marks its end. */
export class Cursor {
  private at = 0;
  private index = 0;
  private line = 0;
  column = 0;

  constructor(private readonly text: string) {}

  get mark(): Mark {
    return { index: this.index, line: this.line, column: this.column };
  }

  get lineNumber(): number {
    return this.line;
  }

  get position(): number {
    return this.index;
  }

  fail(what: string, mark: Mark = this.mark): never {
    throw new YamlSyntaxError(`line ${mark.line + 1}: ${what}`);
  }

  private code(ahead = 0): number {
    const at = this.at + ahead;
    return at < this.text.length ? this.text.charCodeAt(at) : 0;
  }

  char(ahead = 0): string {
    return this.text.charAt(this.at + ahead);
  }

  /** Whether the next character is one of these. */
  isOneOf(characters: string, ahead = 0): boolean {
    const char = this.char(ahead);
    return char !== '' && characters.includes(char);
  }

  isEnd(ahead = 0): boolean {
    return this.at + ahead >= this.text.length;
  }

  isBlank(ahead = 0): boolean {
    const code = this.code(ahead);
    return code === SPACE || code === TAB;
  }

  isBreak(ahead = 0): boolean {
    return isBreakCode(this.code(ahead));
  }

  isBreakOrEnd(ahead = 0): boolean {
    return this.isEnd(ahead) || this.isBreak(ahead);
  }

  isBlankOrBreakOrEnd(ahead = 0): boolean {
    return this.isBlank(ahead) || this.isBreakOrEnd(ahead);
  }

  isByteOrderMark(): boolean {
    return this.code() === BYTE_ORDER_MARK;
  }

  /** `---` or `...` at the start of a line, followed by a blank or the end. */
  isDocumentMark(characters: '---' | '...'): boolean {
    return this.column === 0 && this.text.startsWith(characters, this.at) && this.isBlankOrBreakOrEnd(3);
  }

  /** Consumes one character and returns it. */
  take(): string {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) return '';
    const char = String.fromCodePoint(code);
    this.at += char.length;
    this.index += 1;
    this.column += 1;
    return char;
  }

  skip(count = 1): void {
    for (let left = count; left > 0; left -= 1) this.take();
  }

  skipBlanks(): void {
    while (this.isBlank()) this.skip();
  }

  skipComment(): void {
    if (this.char() === '#') while (!this.isBreakOrEnd()) this.skip();
  }

  /** Consumes a line end. @returns its form in a value: the line separators of Unicode stay */
  takeBreak(): string {
    const code = this.code();
    if (!this.isBreak()) return '';
    const length = code === CR && this.code(1) === LF ? 2 : 1;
    this.at += length;
    this.index += length;
    this.line += 1;
    this.column = 0;
    return code === LINE_SEPARATOR || code === PARAGRAPH_SEPARATOR ? String.fromCharCode(code) : '\n';
  }

  /** Counts a last line without a line end. */
  endLine(): void {
    if (this.column === 0) return;
    this.column = 0;
    this.line += 1;
  }

  /** Consumes characters while they match a pattern of one character. */
  takeWhile(pattern: RegExp): string {
    let taken = '';
    while (pattern.test(this.char())) taken += this.take();
    return taken;
  }
}
