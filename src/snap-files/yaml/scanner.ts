import { scanBlock } from './block-scalar.js';
import { Cursor, type Mark } from './cursor.js';
import { scanPlain, scanQuoted } from './flow-scalars.js';
import { scanAnchor, scanDirective, scanTag, type Directive, type WrittenTag } from './properties.js';

/** A token of a YAML text. */
export type YamlToken = { readonly mark: Mark } & (
  | {
      readonly type:
        | 'stream-end'
        | 'document-start'
        | 'document-end'
        | 'block-list'
        | 'block-map'
        | 'block-end'
        | 'list-start'
        | 'list-end'
        | 'map-start'
        | 'map-end'
        | 'entry'
        | 'comma'
        | 'key'
        | 'value';
    }
  | { readonly type: 'directive'; readonly directive: Directive }
  | { readonly type: 'anchor' | 'alias'; readonly name: string }
  | { readonly type: 'tag'; readonly tag: WrittenTag }
  | { readonly type: 'scalar'; readonly value: string; readonly isPlain: boolean }
);

/** A scalar, list or map that is a key if a colon follows it. */
interface PossibleKey {
  /** The number of tokens before it. */
  readonly token: number;
  readonly mark: Mark;
  /** Whether only a key is allowed there. */
  readonly isRequired: boolean;
}

/** YAML 1.2.2, 7.4.2: a colon must follow a key within this many characters. */
const LONGEST_KEY = 1_024;

const FLOW_SIGNS = { '[': 'list-start', '{': 'map-start', ']': 'list-end', '}': 'map-end' } as const;

/**
 * Splits a text into tokens, as libyaml and its Go translation do. Blocks are recognised only by their starting
 * columns. So quoted strings, lists in brackets and maps in braces may continue at any column.
 *
 * @see gopkg.in/yaml.v2: scannerc.go; YAML 1.1, chapters 5 to 9
 */
export class Scanner {
  private readonly cursor: Cursor;
  private readonly queue: YamlToken[] = [];
  /** The number of tokens already returned. */
  private taken = 0;
  private hasEnded = false;
  private indent = -1;
  private readonly indents: number[] = [];
  /** The possible key of each open flow list and map, and of the block around them. */
  private readonly possibleKeys: (PossibleKey | undefined)[] = [undefined];
  private mayBeKey = true;

  constructor(text: string) {
    this.cursor = new Cursor(text);
  }

  private get isInFlow(): boolean {
    return this.possibleKeys.length > 1;
  }

  /** The next token, without consuming it. @throws YamlSyntaxError */
  peek(): YamlToken {
    while (!this.hasEnded && (this.queue.length === 0 || this.firstMayBeKey())) this.fetch();
    const [first] = this.queue;
    if (!first) throw new Error('the text has been read to its end');
    return first;
  }

  /** Consumes the next token. @throws YamlSyntaxError */
  next(): YamlToken {
    const token = this.peek();
    this.queue.shift();
    this.taken += 1;
    return token;
  }

  fail(what: string, mark: Mark): never {
    return this.cursor.fail(what, mark);
  }

  /** While the first token may still become a key, the token before it is unknown. */
  private firstMayBeKey(): boolean {
    const level = this.possibleKeys.findIndex((key) => key?.token === this.taken);
    return level !== -1 && this.stillPossible(level);
  }

  private stillPossible(level: number): boolean {
    const key = this.possibleKeys[level];
    if (!key) return false;
    const { mark } = key;
    if (mark.line >= this.cursor.lineNumber && mark.index + LONGEST_KEY >= this.cursor.position) return true;
    this.forgetKey(level);
    return false;
  }

  private forgetKey(level = this.possibleKeys.length - 1): void {
    const key = this.possibleKeys[level];
    if (key?.isRequired) this.cursor.fail('a key is not followed by a colon', key.mark);
    this.possibleKeys[level] = undefined;
  }

  private noteKey(): void {
    if (!this.mayBeKey) return;
    const isRequired = !this.isInFlow && this.indent === this.cursor.column;
    this.forgetKey();
    const token = this.taken + this.queue.length;
    this.possibleKeys[this.possibleKeys.length - 1] = { token, mark: this.cursor.mark, isRequired };
  }

  private push(token: YamlToken): void {
    this.queue.push(token);
  }

  /** A token of this many characters. */
  private pushSign(
    type: Exclude<YamlToken['type'], 'directive' | 'anchor' | 'alias' | 'tag' | 'scalar'>,
    length = 1,
  ): void {
    const { mark } = this.cursor;
    this.cursor.skip(length);
    this.push({ type, mark });
  }

  /** Opens a block if the column is deeper than that of the block around it. @param place - in the queue */
  private openBlock(type: 'block-list' | 'block-map', mark: Mark, place = this.queue.length): void {
    if (this.isInFlow || this.indent >= mark.column) return;
    this.indents.push(this.indent);
    this.indent = mark.column;
    this.queue.splice(place, 0, { type, mark });
  }

  private closeBlocks(column: number): void {
    if (this.isInFlow) return;
    while (this.indent > column) {
      this.push({ type: 'block-end', mark: this.cursor.mark });
      this.indent = this.indents.pop() ?? -1;
    }
  }

  private fetch(): void {
    const { cursor } = this;
    this.skipToToken();
    this.closeBlocks(cursor.column);
    if (cursor.isEnd()) return this.fetchEnd();
    if (cursor.column === 0 && cursor.char() === '%') return this.fetchDirective();
    if (cursor.isDocumentMark('---')) return this.fetchDocumentMark('document-start');
    if (cursor.isDocumentMark('...')) return this.fetchDocumentMark('document-end');
    const char = cursor.char();
    if (char === '[' || char === '{') return this.fetchFlowStart(FLOW_SIGNS[char]);
    if (char === ']' || char === '}') return this.fetchFlowEnd(FLOW_SIGNS[char]);
    if (char === ',') return this.fetchComma();
    if (char === '-' && cursor.isBlankOrBreakOrEnd(1)) return this.fetchEntry();
    const isSign = this.isInFlow || cursor.isBlankOrBreakOrEnd(1);
    if (char === '?' && isSign) return this.fetchKey();
    if (char === ':' && isSign) return this.fetchValue();
    this.fetchContent(char);
  }

  private fetchContent(char: string): void {
    const { cursor } = this;
    if (char === '*' || char === '&') return this.fetchAnchor(char === '&' ? 'anchor' : 'alias');
    if (char === '!') return this.fetchTag();
    if ((char === '|' || char === '>') && !this.isInFlow) return this.fetchBlockScalar();
    if (char === "'" || char === '"') return this.fetchQuoted();
    const isPlain =
      !(cursor.isBlankOrBreakOrEnd() || cursor.isOneOf('-?:,[]{}#&*!|>\'"%@`')) ||
      (char === '-' && !cursor.isBlank(1)) ||
      (!this.isInFlow && (char === '?' || char === ':') && !cursor.isBlankOrBreakOrEnd(1));
    if (isPlain) return this.fetchPlain();
    cursor.fail(`a value cannot start with ${JSON.stringify(char)}`);
  }

  private skipToToken(): void {
    const { cursor } = this;
    for (;;) {
      if (cursor.position === 0 && cursor.isByteOrderMark()) cursor.skip();
      // Tabs may not indent a block.
      while (cursor.char() === ' ' || ((this.isInFlow || !this.mayBeKey) && cursor.char() === '\t'))
        cursor.skip();
      cursor.skipComment();
      if (!cursor.isBreak()) return;
      cursor.takeBreak();
      if (!this.isInFlow) this.mayBeKey = true;
    }
  }

  private fetchEnd(): void {
    this.cursor.endLine();
    this.closeBlocks(-1);
    this.forgetKey();
    this.mayBeKey = false;
    this.push({ type: 'stream-end', mark: this.cursor.mark });
    this.hasEnded = true;
  }

  private fetchDirective(): void {
    this.closeBlocks(-1);
    this.forgetKey();
    this.mayBeKey = false;
    const { mark } = this.cursor;
    this.push({ type: 'directive', directive: scanDirective(this.cursor), mark });
  }

  private fetchDocumentMark(type: 'document-start' | 'document-end'): void {
    this.closeBlocks(-1);
    this.forgetKey();
    this.mayBeKey = false;
    this.pushSign(type, 3);
  }

  private fetchFlowStart(type: 'list-start' | 'map-start'): void {
    this.noteKey();
    this.possibleKeys.push(undefined);
    this.mayBeKey = true;
    this.pushSign(type);
  }

  private fetchFlowEnd(type: 'list-end' | 'map-end'): void {
    this.forgetKey();
    if (this.isInFlow) this.possibleKeys.pop();
    this.mayBeKey = false;
    this.pushSign(type);
  }

  private fetchComma(): void {
    this.forgetKey();
    this.mayBeKey = true;
    this.pushSign('comma');
  }

  private fetchEntry(): void {
    if (!this.isInFlow) {
      if (!this.mayBeKey) this.cursor.fail('a list entry is not allowed here');
      this.openBlock('block-list', this.cursor.mark);
    }
    this.forgetKey();
    this.mayBeKey = true;
    this.pushSign('entry');
  }

  private fetchKey(): void {
    if (!this.isInFlow) {
      if (!this.mayBeKey) this.cursor.fail('a key is not allowed here');
      this.openBlock('block-map', this.cursor.mark);
    }
    this.forgetKey();
    this.mayBeKey = !this.isInFlow;
    this.pushSign('key');
  }

  private fetchValue(): void {
    const level = this.possibleKeys.length - 1;
    const key = this.stillPossible(level) ? this.possibleKeys[level] : undefined;
    if (key) {
      const place = key.token - this.taken;
      this.queue.splice(place, 0, { type: 'key', mark: key.mark });
      this.openBlock('block-map', key.mark, place);
      this.possibleKeys[level] = undefined;
      this.mayBeKey = false;
    } else {
      if (!this.isInFlow) {
        if (!this.mayBeKey) this.cursor.fail('a value is not allowed here');
        this.openBlock('block-map', this.cursor.mark);
      }
      this.mayBeKey = !this.isInFlow;
    }
    this.pushSign('value');
  }

  private fetchAnchor(type: 'anchor' | 'alias'): void {
    this.noteKey();
    this.mayBeKey = false;
    const { mark } = this.cursor;
    this.push({ type, name: scanAnchor(this.cursor), mark });
  }

  private fetchTag(): void {
    this.noteKey();
    this.mayBeKey = false;
    const { mark } = this.cursor;
    this.push({ type: 'tag', tag: scanTag(this.cursor), mark });
  }

  private fetchBlockScalar(): void {
    this.forgetKey();
    this.mayBeKey = true;
    const { mark } = this.cursor;
    this.push({ type: 'scalar', value: scanBlock(this.cursor, this.indent), isPlain: false, mark });
  }

  private fetchQuoted(): void {
    this.noteKey();
    this.mayBeKey = false;
    const { mark } = this.cursor;
    this.push({ type: 'scalar', value: scanQuoted(this.cursor), isPlain: false, mark });
  }

  private fetchPlain(): void {
    this.noteKey();
    this.mayBeKey = false;
    const { mark } = this.cursor;
    const { value, endsWithLine } = scanPlain(this.cursor, this.isInFlow, this.indent + 1);
    if (endsWithLine) this.mayBeKey = true;
    this.push({ type: 'scalar', value, isPlain: true, mark });
  }
}
