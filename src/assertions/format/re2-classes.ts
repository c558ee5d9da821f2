/** The names in `[[:name:]]` that snapd's library supports. golang/go: regexp/syntax/perl_groups.go */
const POSIX_CLASS =
  /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]$/;
/** golang/go: unicode/tables.go, Categories */
const CATEGORY = /^(?:Any|C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;
/** Full names of scripts. JavaScript also accepts their four-letter names. */
const SCRIPT = /^[A-Z][A-Za-z]*(?:_[A-Z][A-Za-z]*)*$/;
const FOUR_LETTER_SCRIPTS = ['Ahom', 'Cham', 'Kawi', 'Lisu', 'Modi', 'Newa', 'Thai', 'Toto'];
const NO_SCRIPT_OF_GO = 'Katakana_Or_Hiragana';

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const OCTAL = /\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/y;
const HEX = /\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/y;
const PERL_CLASS = /\\[dswDSW]/y;
const UNICODE_CLASS = /\\[pP](?:\{(\^?)([^}]*)\}|(.))/suy;
/** ASCII punctuation after a backslash is a literal character. */
const PUNCTUATION = /^[^A-Za-z0-9\u0080-\u{10ffff}]$/u;
const MAX_RUNE = 0x10_ffff;

/** A character, and the position after it. */
interface Taken {
  readonly rune: number;
  readonly end: number;
}

function isScript(name: string): boolean {
  if (!SCRIPT.test(name) || name === NO_SCRIPT_OF_GO) return false;
  if (name.length === 4 && !FOUR_LETTER_SCRIPTS.includes(name)) return false;
  try {
    return new RegExp(`\\p{Script=${name}}`, 'u').unicode;
  } catch {
    return false;
  }
}

/** The memory stays small: Unicode has about two hundred scripts, and other names are not kept. */
const knownScripts = new Set<string>();

function isUnicodeClass(name: string): boolean {
  if (CATEGORY.test(name) || knownScripts.has(name)) return true;
  if (!isScript(name)) return false;
  knownScripts.add(name);
  return true;
}

function matchAt(pattern: RegExp, expression: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(expression) ?? undefined;
}

function takeRune(expression: string, at: number): Taken | undefined {
  const rune = expression.codePointAt(at);
  return rune === undefined ? undefined : { rune, end: at + (rune > 0xffff ? 2 : 1) };
}

/**
 * Parses an escape of a single character.
 *
 * @param at - of the backslash
 * @returns undefined if it is not one
 * @see golang/go: regexp/syntax/parse.go, parseEscape
 */
export function takeEscape(expression: string, at: number): Taken | undefined {
  const octal = matchAt(OCTAL, expression, at);
  if (octal) return { rune: Number.parseInt(octal[0].slice(1), 8), end: at + octal[0].length };
  const hex = matchAt(HEX, expression, at);
  if (hex) {
    const rune = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    return rune <= MAX_RUNE ? { rune, end: at + hex[0].length } : undefined;
  }
  const taken = takeRune(expression, at + 1);
  if (!taken) return undefined;
  const character = expression.slice(at + 1, taken.end);
  if (PUNCTUATION.test(character)) return taken;
  const rune = SIMPLE_ESCAPES[character];
  return rune === undefined ? undefined : { rune, end: taken.end };
}

/**
 * Parses `\d` and similar classes, or `\p{Name}`.
 *
 * @param at - of the backslash
 * @returns its end; undefined if there is no class, -1 if its name is unknown
 * @see golang/go: regexp/syntax/parse.go, parsePerlClassEscape and parseUnicodeClass
 */
export function takeClassEscape(expression: string, at: number): number | undefined {
  if (matchAt(PERL_CLASS, expression, at)) return at + 2;
  if (!/[pP]/.test(expression.charAt(at + 1)) || expression.charAt(at) !== '\\') return undefined;
  const found = matchAt(UNICODE_CLASS, expression, at);
  const isKnown = found && isUnicodeClass(found[2] ?? found[3] ?? '');
  return isKnown ? at + found[0].length : -1;
}

/** Parses one class in brackets. */
class ClassReader {
  constructor(
    private readonly expression: string,
    private at: number,
    private readonly lastNameEnd: number,
  ) {}

  /** @returns its end; undefined if it is malformed */
  read(): number | undefined {
    this.at += this.expression.startsWith('[^', this.at) ? 2 : 1;
    // A `]` in first position is a literal character.
    for (let isFirst = true; isFirst || this.expression.charAt(this.at) !== ']'; isFirst = false)
      if (!this.takeElement()) return undefined;
    return this.at + 1;
  }

  private takeElement(): boolean {
    const named = this.takeNamedClass();
    if (named !== undefined) return named;
    const escape = takeClassEscape(this.expression, this.at);
    if (escape === undefined) return this.takeRange();
    this.at = escape;
    return escape !== -1;
  }

  /** @returns undefined if there is none, false if its name is unknown */
  private takeNamedClass(): boolean | undefined {
    if (!this.expression.startsWith('[:', this.at) || this.at + 2 > this.lastNameEnd) return undefined;
    const end = this.expression.indexOf(':]', this.at + 2);
    const name = this.expression.slice(this.at, end + 2);
    this.at = end + 2;
    return POSIX_CLASS.test(name);
  }

  private takeRange(): boolean {
    const from = this.takeCharacter();
    if (from === undefined) return false;
    // `[a-]` contains a dash.
    const isRange = this.expression.charAt(this.at) === '-' && this.expression.charAt(this.at + 1) !== ']';
    if (!isRange || this.at + 1 >= this.expression.length) return true;
    this.at += 1;
    const to = this.takeCharacter();
    return to !== undefined && to >= from;
  }

  private takeCharacter(): number | undefined {
    const isEscape = this.expression.charAt(this.at) === '\\';
    const taken = (isEscape ? takeEscape : takeRune)(this.expression, this.at);
    if (taken) this.at = taken.end;
    return taken?.rune;
  }
}

/**
 * Parses a class in brackets.
 *
 * @param at - of the opening bracket
 * @param lastNameEnd - the position of the last `:]` of the expression, so that no search goes further
 * @returns its end; undefined if it is malformed
 * @see golang/go: regexp/syntax/parse.go, parseClass
 */
export function takeBracketClass(expression: string, at: number, lastNameEnd: number): number | undefined {
  return new ClassReader(expression, at, lastNameEnd).read();
}
