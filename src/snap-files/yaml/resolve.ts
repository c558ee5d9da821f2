import type { ScalarNode } from './node.js';

/** The type of a scalar, if it is decided by its appearance. */
export type ScalarType = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'str' | 'binary' | 'own';

const STANDARD_TAGS = 'tag:yaml.org,2002:';

/** The tags that set the type of a scalar. Other tags do not. */
const RESOLVED: ReadonlySet<string> = new Set(['str', 'bool', 'int', 'float', 'null', 'timestamp']);

const WORDS: ReadonlyMap<string, ScalarType> = new Map<string, ScalarType>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, 'null'] as const),
  ...['y', 'yes', 'true', 'on', 'n', 'no', 'false', 'off'].flatMap((word) =>
    [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()].map(
      (one) => [one, 'bool'] as const,
    ),
  ),
  ...[
    '.nan',
    '.NaN',
    '.NAN',
    '.inf',
    '.Inf',
    '.INF',
    '+.inf',
    '+.Inf',
    '+.INF',
    '-.inf',
    '-.Inf',
    '-.INF',
  ].map((word) => [word, 'float'] as const),
  ['<<', 'merge'],
]);

/** Go's `strconv.ParseInt` with base 0, after underscores are removed; then also `0b` and old octals. */
const INT = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** `strconv.ParseFloat` accepts a leading dot, but not in a hexadecimal or named number. */
const DOT_FLOAT = /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/;
const DATE =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d))|(?: \d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?))?$/;

/** The type that a scalar without quotes looks like. @see gopkg.in/yaml.v2: resolve.go */
function looksLike(text: string): ScalarType {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.')) return DOT_FLOAT.test(text) ? 'float' : 'str';
  if (!/^[-+0-9]/.test(text)) return 'str';
  if (DATE.test(text)) return 'timestamp';
  const plain = text.replaceAll('_', '');
  if (INT.test(plain)) return 'int';
  return FLOAT.test(plain) ? 'float' : 'str';
}

/**
 * The type of a scalar in go-yaml.
 *
 * @throws Error if its tag names another type than its value
 */
export function scalarType({ tag, value, isImplicit, line }: ScalarNode): ScalarType {
  if (tag === '') return isImplicit ? looksLike(value) : 'str';
  const name = tag.startsWith(STANDARD_TAGS) ? tag.slice(STANDARD_TAGS.length) : undefined;
  if (name === 'binary') return 'binary';
  if (name === undefined || !RESOLVED.has(name)) return 'own';
  if (name === 'str') return 'str';
  const found = looksLike(value);
  if (found === name || (name === 'float' && found === 'int')) return name === 'float' ? name : found;
  throw new Error(
    `line ${line + 1}: ${JSON.stringify(value.slice(0, 40))} is tagged ${name}, but is not one`,
  );
}

/** Whether a key merges another map. */
export function isMergeKey({ tag, value, isImplicit }: ScalarNode): boolean {
  return value === '<<' && (isImplicit || tag === `${STANDARD_TAGS}merge`);
}
