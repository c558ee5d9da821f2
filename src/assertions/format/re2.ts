import { takeBracketClass, takeClassEscape, takeEscape } from './re2-classes.js';

/** What may follow `(?`: a group without a number, flags, or a named group. */
const GROUP_START = /\(\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?(?<end>[:)]))/y;
/** A count has no leading zeros. A brace with other content is a literal character. */
const REPETITION = /(?:[*+?]|\{(?<min>0|[1-9]\d*)(?<comma>,(?<max>0|[1-9]\d*)?)?\})\??/y;
const POSITION = /\\[AbBz]/y;
/** The most repetitions of an element, multiplied with all repetitions around it. */
const MAX_REPETITIONS = 1_000;
/** There is no element before that can be repeated. */
const NOTHING = 0;

/** The state of parsing an expression or a group. `repeats` is the largest product of nested repetitions. */
interface Group {
  repeats: number;
}

/** One parse of an expression, from the start. */
class Scanner {
  private at = 0;
  private readonly groups: Group[] = [{ repeats: 1 }];
  /** How often the preceding element is repeated inside. 0 if there is none. */
  private operand = NOTHING;
  /** Whether the preceding element is a repetition itself. */
  private isRepeated = false;

  private readonly lastNameEnd: number;

  constructor(private readonly expression: string) {
    this.lastNameEnd = expression.lastIndexOf(':]');
  }

  scan(): boolean {
    while (this.at < this.expression.length) if (!this.takeOne()) return false;
    return this.groups.length === 1;
  }

  private takeOne(): boolean {
    switch (this.expression.charAt(this.at)) {
      case '\\':
        return this.takeBackslash();
      case '[':
        return this.goTo(takeBracketClass(this.expression, this.at, this.lastNameEnd));
      case '(':
        return this.openGroup();
      case ')':
        return this.closeGroup();
      case '|':
        return this.goTo(this.at + 1, NOTHING);
      case '*':
      case '+':
      case '?':
      case '{':
        return this.takeRepetition();
      default:
        return this.goTo(this.at + 1);
    }
  }

  private takeBackslash(): boolean {
    if (this.expression.charAt(this.at + 1) === 'Q') return this.takeQuoted();
    if (this.match(POSITION)) return this.goTo(this.at + 2);
    const end = takeClassEscape(this.expression, this.at) ?? takeEscape(this.expression, this.at)?.end;
    return this.goTo(end === -1 ? undefined : end);
  }

  private takeQuoted(): boolean {
    const start = this.at + 2;
    const end = this.expression.indexOf('\\E', start);
    const isEmpty = end === start || start === this.expression.length;
    return this.goTo(end === -1 ? this.expression.length : end + 2, isEmpty ? this.operand : 1);
  }

  private openGroup(): boolean {
    const hasFlags = this.expression.charAt(this.at + 1) === '?';
    const start = hasFlags ? this.match(GROUP_START) : undefined;
    if (hasFlags && !start) return false;
    const end = this.at + (start?.[0].length ?? 1);
    // Flags alone open no group, and the element before them can still be repeated.
    if (start?.groups?.['end'] === ')') return this.goTo(end, this.operand);
    this.groups.push({ repeats: 1 });
    return this.goTo(end, NOTHING);
  }

  private closeGroup(): boolean {
    const closed = this.groups.pop();
    return closed !== undefined && this.groups.length > 0 && this.goTo(this.at + 1, closed.repeats);
  }

  private takeRepetition(): boolean {
    const repetition = this.match(REPETITION);
    if (!repetition) return this.goTo(this.at + 1); // a literal brace
    const { operand } = this;
    if (operand === NOTHING || this.isRepeated) return false;
    const repeats = repeatsOf(repetition.groups, operand);
    if (repeats === undefined) return false;
    this.goTo(this.at + repetition[0].length, repeats);
    this.isRepeated = true;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.expression) ?? undefined;
  }

  /** @param operand - the repetitions inside the new preceding element, 1 if there are none */
  private goTo(end: number | undefined, operand = 1): boolean {
    if (end === undefined) return false;
    this.at = end;
    this.operand = operand;
    this.isRepeated = false;
    const group = this.groups.at(-1);
    if (group) group.repeats = Math.max(group.repeats, operand);
    return true;
  }
}

/**
 * How often the innermost element is repeated if the whole is repeated.
 *
 * @returns undefined if that is too often
 * @see golang/go: regexp/syntax/parse.go, repeat and repeatIsValid
 */
function repeatsOf(
  counts: Record<string, string | undefined> | undefined,
  inside: number,
): number | undefined {
  if (counts?.['min'] === undefined) return inside;
  const min = Number(counts['min']);
  const max = counts['comma'] === undefined ? min : Number(counts['max'] ?? -1);
  if (min > MAX_REPETITIONS || max > MAX_REPETITIONS || (max >= 0 && max < min)) return undefined;
  if (max === 0) return 1;
  const repeats = Math.max(max === -1 ? min : max, 1) * inside;
  const isCounted = min >= 2 || max >= 2;
  return isCounted && repeats > MAX_REPETITIONS ? undefined : repeats;
}

/**
 * Whether a string is a regular expression for snapd's library. It does not check the size of the compiled
 * expression, nor the nesting of its groups.
 *
 * @see google/re2: doc/syntax.txt; golang/go: regexp/syntax/parse.go, since release 1.22
 */
export function isRe2(expression: string): boolean {
  return new Scanner(expression).scan();
}

/** The same inside `^(…)$`, which snapd adds around the constraints of attributes and headers. */
export function isAnchoredRe2(expression: string): boolean {
  return isRe2(`^(${expression})$`);
}
