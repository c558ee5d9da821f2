/**
 * The most nested lists and objects: with two spaces of indentation a level, a body of 2 MiB cannot contain
 * more.
 */
export const MAX_GO_JSON_DEPTH = 1_024;

/** A JSON value. An object is a map, so that a key such as `__proto__` has no special meaning. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

const LITERAL = /null|true|false|-?\d[\d.e+-]*/y;
const LITERALS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['null', null],
  ['true', true],
  ['false', false],
]);
/** A string that Go writes unchanged. */
const PLAIN = /^"[^"\\<>&\p{Cc}\u2028\u2029]*"$/u;
/** The characters that Go escapes for HTML, in addition to those that JSON requires. */
const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;
const LONE_SURROGATE = /\p{Cs}/u;

/** Go before release 1.22 writes these two control characters by number, later releases by letter. */
const BY_NUMBER: Readonly<Record<string, string>> = { '\\u0008': '\\b', '\\u000c': '\\f' };

function goString(value: string): string {
  return JSON.stringify(value).replaceAll(
    ESCAPED_BY_GO,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Sorts as UTF-8 does: surrogates come after all other characters. */
function sortWeight(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit;
  return codeUnit >= 0xe000 ? codeUnit - 0x800 : codeUnit + 0x2000;
}

function isBefore(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  if (at === a.length || at === b.length) return a.length < b.length;
  return sortWeight(a.charCodeAt(at)) < sortWeight(b.charCodeAt(at));
}

/** Parses a text once, from start to end. */
class Reader {
  private at = 0;
  private indent = '\n';

  constructor(private readonly text: string) {}

  readAll(): Json | undefined {
    const value = this.readValue();
    return this.at === this.text.length ? value : undefined;
  }

  private readValue(): Json | undefined {
    switch (this.text.charAt(this.at)) {
      case '{':
        return this.readObject();
      case '[':
        return this.readList();
      case '"':
        return this.readString();
      default:
        return this.readLiteral();
    }
  }

  private readObject(): Json | undefined {
    const object = new Map<string, Json>();
    let last: string | undefined;
    const isGood = this.readBlock('{', '}', () => {
      const key = this.readString();
      if (key === undefined || !this.take(': ')) return false;
      if (last !== undefined && !isBefore(last, key)) return false;
      const value = this.readValue();
      if (value === undefined) return false;
      object.set(key, value);
      last = key;
      return true;
    });
    return isGood ? object : undefined;
  }

  private readList(): Json | undefined {
    const list: Json[] = [];
    const isGood = this.readBlock('[', ']', () => {
      const value = this.readValue();
      if (value !== undefined) list.push(value);
      return value !== undefined;
    });
    return isGood ? list : undefined;
  }

  /** One element per line, two spaces deeper. An empty list or object has no lines of its own. */
  private readBlock(open: string, close: string, readElement: () => boolean): boolean {
    if (this.take(open + close)) return true;
    this.at += open.length;
    const { indent } = this;
    if (indent.length > 2 * MAX_GO_JSON_DEPTH) return false;
    this.indent = `${indent}  `;
    do if (!this.take(this.indent) || !readElement()) return false;
    while (this.take(','));
    this.indent = indent;
    return this.take(indent + close);
  }

  private readString(): string | undefined {
    const raw = this.takeQuoted();
    if (raw === undefined) return undefined;
    if (PLAIN.test(raw)) return raw.slice(1, -1);
    let value: unknown;
    try {
      value = JSON.parse(raw);
    } catch {
      return undefined;
    }
    const written = raw.replaceAll(/\\(?:u0008|u000c|.)/gs, (escape) => BY_NUMBER[escape] ?? escape);
    if (typeof value !== 'string' || LONE_SURROGATE.test(value)) return undefined;
    return goString(value) === written ? value : undefined;
  }

  /** Up to the first quote without a backslash. */
  private takeQuoted(): string | undefined {
    const start = this.at;
    if (this.text.charAt(start) !== '"') return undefined;
    for (let end = this.text.indexOf('"', start + 1); end !== -1; end = this.text.indexOf('"', end + 1)) {
      let backslashes = 0;
      while (this.text.charAt(end - 1 - backslashes) === '\\') backslashes += 1;
      if (backslashes % 2 === 1) continue;
      this.at = end + 1;
      return this.text.slice(start, this.at);
    }
    return undefined;
  }

  private readLiteral(): Json | undefined {
    LITERAL.lastIndex = this.at;
    const literal = LITERAL.exec(this.text)?.[0];
    if (literal === undefined) return undefined;
    this.at += literal.length;
    const value = LITERALS.get(literal);
    if (value !== undefined) return value;
    const number = Number(literal);
    const written = Object.is(number, -0) ? '-0' : String(number);
    return written === literal ? number : undefined;
  }

  private take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
}

/**
 * Parses a JSON value that is written exactly as Go writes it with an indentation of two spaces: keys sorted by
 * their bytes, without duplicates.
 *
 * @returns undefined if it is written in any other way, is not JSON, or is nested deeper than
 *   {@link MAX_GO_JSON_DEPTH}
 * @see snapcore/snapd: asserts/asserts.go, checkJSON; golang/go: encoding/json, MarshalIndent
 */
export function readGoJson(text: string): Json | undefined {
  return new Reader(text).readAll();
}
