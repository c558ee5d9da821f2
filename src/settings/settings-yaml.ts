import { Document, isMap, isScalar, parseDocument, Scalar } from 'yaml';
import { StoreError } from '../common/errors.js';

/** Largest file of settings, in bytes. The longest settings are lists of keys and certificates. */
export const MAX_SETTINGS_BYTES = 8 << 20;

const FORMAT = { lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER } as const;
/** A string of lines that a YAML block can hold unchanged: printable, and without a leading space. */
const PRINTABLE_LINES = /^[!-~][ -~]*\n[\n -~]*$/;
/** Without quotes, these mean "no value" in YAML. */
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);

function invalid(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-setting', `cannot import settings: ${why}`, { cause });
}

/**
 * Formats settings as a flat map of strings. The same settings give the same bytes: keys are sorted by their
 * code units; every string is quoted, or written as a block if it has several lines.
 */
export function settingsYaml(texts: Readonly<Record<string, string>>): string {
  const document = new Document({});
  for (const key of Object.keys(texts).toSorted((a, b) => (a < b ? -1 : 1))) {
    const value = new Scalar(texts[key] ?? '');
    value.type = PRINTABLE_LINES.test(value.value) ? 'BLOCK_LITERAL' : 'QUOTE_DOUBLE';
    document.set(key, value);
  }
  return document.toString(FORMAT);
}

/**
 * Parses a flat map of strings. Numbers and booleans are read as the strings that were written.
 *
 * @throws StoreError `invalid-setting` naming the error, without any value
 */
export function parseSettingsYaml(yaml: Buffer): Record<string, string> {
  // The failsafe schema has only strings: `0x50` and `True` stay as written.
  const document = parseDocument(decodeUtf8(yaml), { schema: 'failsafe', prettyErrors: false });
  const [error] = document.errors;
  if (error) throw invalid(describeError(error.code), error);
  if (document.contents === null) throw invalid('the standard input is empty');
  if (!isMap(document.contents)) throw invalid('it must map each key to a string');
  return Object.fromEntries(document.contents.items.map(({ key, value }) => readPair(key, value)));
}

function describeError(code: string): string {
  if (code === 'DUPLICATE_KEY') return 'a key occurs twice';
  return code === 'MULTIPLE_DOCS' ? 'it contains more than one document' : 'it is not YAML';
}

function readPair(key: unknown, value: unknown): [string, string] {
  if (!isScalar(key) || typeof key.value !== 'string') throw invalid('it has a key that is not a string');
  const name = shortKey(key.value);
  if (value === null || isPlainNull(value)) throw invalid(`${name} has no value (give "" for an empty one)`);
  if (!isScalar(value) || typeof value.value !== 'string') throw invalid(`${name} is not a string`);
  return [key.value, value.value];
}

function isPlainNull(value: unknown): boolean {
  return isScalar(value) && value.type === 'PLAIN' && NULLS.has(value.source ?? '');
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid('it is not UTF-8', error);
  }
}

/** The most characters of a key that a message repeats. */
const SHOWN_KEY_LENGTH = 80;

/** A key from outside, formatted for a message of one line. */
export function shortKey(key: string): string {
  return /^[-.\w]+$/.test(key) && key.length <= SHOWN_KEY_LENGTH
    ? key
    : JSON.stringify(key.slice(0, SHOWN_KEY_LENGTH));
}
