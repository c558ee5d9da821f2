const BLANK_LINE = /^[ \t]*(?:#.*)?$/;
/** What may stand before a value on its line: entries of lists, keys' marks, anchors, tags. */
const PREFIX = /^(?:[-?:](?=[ \t]|$)|[&!][^\s]*)[ \t]*/;
/** A plain key: up to the first colon with a blank after it. */
const PLAIN_KEY = /^[^#\s][^\n]*?:(?=[ \t]|$)/;
/** Blanks before a line that goes on: deeper than any block of a snap.yaml. */
const DEEPER = 40;
const BLOCK_SCALAR = /^[|>][-+0-9]*[ \t]*(?:#.*)?$/;

/** Where a quoted text or a flow list or map ends: behind its last character; the text's end where it never does. */
function endOfFlow(text: string, start: number): number {
  const open: string[] = [];
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === "'" || char === '"') at = endOfQuoted(text, at) - 1;
    else if (char === '[' || char === '{') open.push(char);
    else if (char === ']' || char === '}') open.pop();
    else if (char === '#' && /\s/.test(text[at - 1] ?? ' '))
      at = (text.indexOf('\n', at) + text.length + 1) % (text.length + 1);
    if (open.length === 0) return at + 1;
  }
  return text.length;
}

function endOfQuoted(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote && quote === "'" && text[at + 1] === quote) at += 1;
    else if (text[at] === quote) return at + 1;
  }
  return text.length;
}

/** Walks through a block document, noting the lines in which a quoted text, a flow list or a flow map goes on. */
class FlowLines {
  readonly continued: number[] = [];
  private at = 0;

  constructor(private readonly text: string) {}

  walk(): void {
    while (this.at < this.text.length) this.line();
  }

  private endOfLine(): number {
    const end = this.text.indexOf('\n', this.at);
    return end === -1 ? this.text.length : end;
  }

  private rest(): string {
    return this.text.slice(this.at, this.endOfLine());
  }

  /** One line of the block, with all that belongs to its last value. */
  private line(): void {
    const line = this.rest();
    const indent = line.length - line.trimStart().length;
    if (!BLANK_LINE.test(line)) {
      this.at += indent;
      this.values(indent);
    }
    this.at = this.endOfLine() + 1;
  }

  /** @param indent - of the block that the line is in; one deeper begins behind `- ` */
  private values(indent: number): void {
    const start = this.at - indent;
    for (let rest = this.rest(); rest !== '' && !rest.startsWith('#'); rest = this.rest()) {
      const prefix = PREFIX.exec(rest)?.[0] ?? '';
      // Looked for only where it counts: a line of many prefixes would be read once for each.
      const key = prefix === '' ? (PLAIN_KEY.exec(rest)?.[0] ?? '') : '';
      const column = this.at - start;
      if (prefix !== '') this.at += prefix.length;
      else if (/^['"[{]/.test(rest)) {
        if (this.flow() && this.text[this.at] === ':') indent = column;
      } else if (BLOCK_SCALAR.test(rest)) return this.skipDeeper(indent);
      else if (key === '') return this.skipDeeper(indent);
      else {
        indent = column;
        this.at += key.length;
      }
      this.at += /^[ \t]*/.exec(this.rest())?.[0].length ?? 0;
    }
  }

  /** @returns whether it ends on the line on which it begins, as a key must */
  private flow(): boolean {
    const lines = this.continued.length;
    const quoted = /^['"]/.test(this.rest());
    const end = quoted ? endOfQuoted(this.text, this.at) : endOfFlow(this.text, this.at);
    for (let next = this.endOfLine(); next < end; next = this.endOfLine()) {
      this.at = next + 1;
      this.continued.push(this.at);
    }
    this.at = end;
    return this.continued.length === lines;
  }

  /** The lines of a plain or block text that begins on this one. */
  private skipDeeper(indent: number): void {
    for (;;) {
      const next = this.endOfLine() + 1;
      if (next > this.text.length) return;
      const end = this.text.indexOf('\n', next);
      const line = this.text.slice(next, end === -1 ? undefined : end);
      if (line.trim() !== '' && line.length - line.trimStart().length <= indent) return;
      this.at = next;
      if (end === -1) return;
    }
  }
}

/**
 * Indents the lines in which quoted texts, flow lists and flow maps go on, as YAML 1.2 wants it. libyaml and
 * go-yaml, which write and read snap.yaml, take them at any column; the blanks at the beginning of such a line
 * are no part of a value.
 *
 * @param text - a YAML document that cannot be read as it is
 * @returns the document with these lines indented; the same text where there are none
 * @see YAML 1.2.2, section 6.1 (indentation) and 6.5 (line folding); yaml/libyaml issue 119
 */
export function indentFlowLines(text: string): string {
  const lines = new FlowLines(text);
  lines.walk();
  if (lines.continued.length === 0) return text;
  const indent = ' '.repeat(DEEPER);
  const parts: string[] = [];
  let from = 0;
  for (const at of lines.continued) {
    parts.push(text.slice(from, at), indent);
    from = at;
  }
  return parts.join('') + text.slice(from);
}
