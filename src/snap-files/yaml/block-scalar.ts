import type { Cursor, Mark } from './cursor.js';

/** How the line ends at the end of a block string are treated. */
type Chomping = 'strip' | 'clip' | 'keep';

interface BlockHeader {
  readonly chomping: Chomping;
  /** The given indentation; 0 if the first line decides. */
  readonly indent: number;
}

function takeChomping(cursor: Cursor): Chomping | undefined {
  if (!cursor.isOneOf('+-')) return undefined;
  return cursor.take() === '+' ? 'keep' : 'strip';
}

function takeIndent(cursor: Cursor, start: Mark): number {
  if (!/[0-9]/.test(cursor.char())) return 0;
  const digit = Number(cursor.take());
  if (digit === 0) cursor.fail('a block string has an indentation of 0', start);
  return digit;
}

function scanHeader(cursor: Cursor, start: Mark): BlockHeader {
  const before = takeChomping(cursor);
  const indent = takeIndent(cursor, start);
  const chomping = before ?? (indent > 0 ? takeChomping(cursor) : undefined) ?? 'clip';
  cursor.skipBlanks();
  cursor.skipComment();
  if (!cursor.isBreakOrEnd()) cursor.fail('unexpected text after the start of a block string', start);
  cursor.takeBreak();
  return { chomping, indent };
}

/** Reads the lines of a block string. */
class BlockLines {
  private readonly parts: string[] = [];
  private lineEnd = '';
  private emptyLines = '';
  private isLastIndented = false;

  /** @param indent - 0 if the first line decides */
  constructor(
    private readonly cursor: Cursor,
    private readonly start: Mark,
    private readonly isLiteral: boolean,
    private indent: number,
    private readonly least: number,
  ) {}

  read(chomping: Chomping): string {
    this.takeEmptyLines();
    while (this.cursor.column === this.indent && !this.cursor.isEnd()) this.takeLine();
    if (chomping !== 'strip') this.parts.push(this.lineEnd);
    if (chomping === 'keep') this.parts.push(this.emptyLines);
    return this.parts.join('');
  }

  private takeLine(): void {
    const { cursor, parts } = this;
    const isIndented = cursor.isBlank();
    const folds = !this.isLiteral && !this.isLastIndented && !isIndented && this.lineEnd.startsWith('\n');
    if (!folds) parts.push(this.lineEnd);
    else if (this.emptyLines === '') parts.push(' ');
    parts.push(this.emptyLines);
    this.emptyLines = '';
    this.isLastIndented = isIndented;
    while (!cursor.isBreakOrEnd()) parts.push(cursor.take());
    this.lineEnd = cursor.takeBreak();
    this.takeEmptyLines();
  }

  /**
   * Skips empty lines, and the blanks before the next line. The first line that is not empty decides on the
   * indentation.
   */
  private takeEmptyLines(): void {
    const { cursor } = this;
    const isBefore = () => this.indent === 0 || cursor.column < this.indent;
    let deepest = 0;
    for (;;) {
      while (isBefore() && cursor.char() === ' ') cursor.skip();
      deepest = Math.max(deepest, cursor.column);
      if (isBefore() && cursor.char() === '\t')
        cursor.fail('a block string is indented with a tab', this.start);
      if (!cursor.isBreak()) break;
      this.emptyLines += cursor.takeBreak();
    }
    if (this.indent === 0) this.indent = Math.max(deepest, this.least, 1);
  }
}

/**
 * Reads a block string, `|` or `>`.
 *
 * @param parentIndent - of the block that it is in; -1 at the top
 * @see gopkg.in/yaml.v2: scannerc.go, yaml_parser_scan_block_scalar
 */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const start = cursor.mark;
  const isLiteral = cursor.take() === '|';
  const { chomping, indent } = scanHeader(cursor, start);
  const given = indent > 0 ? Math.max(parentIndent, 0) + indent : 0;
  return new BlockLines(cursor, start, isLiteral, given, parentIndent + 1).read(chomping);
}
