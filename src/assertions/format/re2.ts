/** What may follow `(?`: a group without a number, flags, or a named group. */
const GROUP_START = /\(\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?(?<end>[:)]))/y;
/** Letters and digits after a backslash that mean something; other ASCII letters and digits do not compile. */
const ESCAPE = /\\(?:[aAfnrtvbBCdDpPsSwWxzQE0]|[1-7][0-7]|[^A-Za-z0-9])/suy;
const QUOTED = /\\Q.*?(?:\\E|$)/suy;
/** A `]` that comes first stands for itself. */
const CLASS = /\[(?:\^|(?!\^))(?:\]|\[:\^?\w+:\]|\\.|[^\]\\])(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]/suy;
const REPETITION = /(?:[*+?]|\{(?<min>\d+)(?:,(?<max>\d*))?\})\??/y;
const MAX_REPETITIONS = 1000;

function isTooOften(groups: Record<string, string | undefined> | undefined): boolean {
  const min = Number(groups?.['min'] ?? 0);
  const max = Number(groups?.['max'] === undefined || groups['max'] === '' ? min : groups['max']);
  return max < min || max > MAX_REPETITIONS;
}

/** One reading of an expression, from the start. */
class Scanner {
  private at = 0;
  private depth = 0;
  /** Whether something stands before that can be repeated. */
  private repeatable = false;

  constructor(private readonly expression: string) {}

  scan(): boolean {
    while (this.at < this.expression.length) if (!this.takeOne()) return false;
    return this.depth === 0;
  }

  private takeOne(): boolean {
    switch (this.expression.charAt(this.at)) {
      case '\\':
        return this.take(QUOTED, true) !== undefined || this.take(ESCAPE, true) !== undefined;
      case '[':
        return this.take(CLASS, true) !== undefined;
      case '(':
        return this.openGroup();
      case ')':
        this.depth -= 1;
        return this.skip(true) && this.depth >= 0;
      case '*':
      case '+':
      case '?':
      case '{':
        return this.takeRepetition();
      default:
        return this.skip(this.expression[this.at] !== '|');
    }
  }

  private openGroup(): boolean {
    if (this.expression[this.at + 1] !== '?') {
      this.depth += 1;
      return this.skip(false);
    }
    const start = this.take(GROUP_START, false);
    // Flags alone open nothing, and what stands before them can be repeated after them.
    if (start?.groups?.['end'] === ')') this.repeatable = true;
    else this.depth += 1;
    return start !== undefined;
  }

  private takeRepetition(): boolean {
    const wasRepeatable = this.repeatable;
    const repetition = this.take(REPETITION, false);
    if (!repetition) return this.skip(true); // a brace that stands for itself
    return wasRepeatable && !isTooOften(repetition.groups);
  }

  private take(pattern: RegExp, repeatable: boolean): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.expression);
    if (!found) return undefined;
    this.at = pattern.lastIndex;
    this.repeatable = repeatable;
    return found;
  }

  private skip(repeatable: boolean): boolean {
    this.at += 1;
    this.repeatable = repeatable;
    return true;
  }
}

/**
 * Whether a text is a regular expression as snapd's library reads it, within `^(…)$`. Never stricter:
 * ranges in classes and the names of classes are not looked into.
 *
 * @see google/re2: doc/syntax.txt; golang/go: regexp/syntax/parse.go
 */
export function isRe2(expression: string): boolean {
  return new Scanner(`^(${expression})$`).scan();
}
