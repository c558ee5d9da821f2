/**
 * How many lists and objects may stand inside each other: written as snapd asks, with two spaces a
 * level, a body of 2 MiB cannot hold more.
 */
export const MAX_JSON_DEPTH = 1_024;

/** What Go escapes besides what JSON asks for, so that HTML may hold the text. */
const ESCAPED_BY_GO = /[<>&\u2028\u2029]/gu;

function text(value: string): string {
  return JSON.stringify(value).replaceAll(
    ESCAPED_BY_GO,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function block(open: string, close: string, lines: readonly string[], indent: string): string {
  return lines.length === 0
    ? open + close
    : `${open}\n${indent}  ${lines.join(`,\n${indent}  `)}\n${indent}${close}`;
}

/**
 * Writes a value of JSON as Go does with an indentation of two spaces: keys sorted by their bytes.
 *
 * @throws RangeError past {@link MAX_JSON_DEPTH}
 * @see golang/go: encoding/json, MarshalIndent
 */
export function goJson(value: unknown, depth = 0): string {
  if (depth > MAX_JSON_DEPTH) throw new RangeError(`JSON is nested more than ${MAX_JSON_DEPTH} deep`);
  const indent = '  '.repeat(depth);
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value))
    return block(
      '[',
      ']',
      value.map((element) => goJson(element, depth + 1)),
      indent,
    );
  const entries = Object.entries(value).toSorted(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  return block(
    '{',
    '}',
    entries.map(([key, inner]) => `${text(key)}: ${goJson(inner, depth + 1)}`),
    indent,
  );
}
