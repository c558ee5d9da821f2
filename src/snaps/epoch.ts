import type { YamlValue } from './yaml-value.js';

/** Which generations of its data a snap can read and which it writes; both lists rise and share a number. */
export interface Epoch {
  readonly read: readonly number[];
  readonly write: readonly number[];
}

/** Most numbers in one list of an epoch. */
export const MAX_EPOCH_NUMBERS = 10;
const MAX_EPOCH = 2 ** 32 - 1;

/**
 * Reads an epoch as snap.yaml writes it: nothing (0), `N`, `N*` (also reads N - 1), or lists `read` and `write`.
 *
 * @throws Error with a one-line message on any other form
 * @see snapcore/snapd: snap/epoch.go, UnmarshalYAML and Validate
 */
export function parseEpoch(value: YamlValue): Epoch {
  if (value === undefined || value === '') return { read: [0], write: [0] };
  if (typeof value === 'string') return parseShortEpoch(value);
  if (!(value instanceof Map)) throw new Error('epoch is neither a number nor read and write lists');
  const givenRead = parseList(value.get('read'));
  const givenWrite = parseList(value.get('write'));
  const read = givenRead ?? givenWrite ?? [0];
  const write = givenWrite ?? read.slice(-1);
  if (!read.some((number) => write.includes(number)))
    throw new Error('epoch read and write lists share no number');
  return { read, write };
}

/**
 * Whether a revision that reads these generations can take over data written in those.
 *
 * @see snapcore/snapd: snap/epoch.go, CanRead
 */
export function canRead(reads: readonly number[], writes: readonly number[]): boolean {
  return reads.some((number) => writes.includes(number));
}

function parseShortEpoch(text: string): Epoch {
  if (!text.endsWith('*')) {
    const number = parseNumber(text);
    return { read: [number], write: [number] };
  }
  const number = parseNumber(text.slice(0, -1));
  if (number === 0) throw new Error('epoch 0* is invalid');
  return { read: [number - 1, number], write: [number] };
}

function parseList(value: YamlValue): number[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new Error('epoch read and write are not lists');
  if (value.length === 0) throw new Error('epoch has an empty list');
  if (value.length > MAX_EPOCH_NUMBERS)
    throw new Error(`epoch has a list of over ${MAX_EPOCH_NUMBERS} numbers`);
  const numbers = value.map(parseNumber);
  const isRising = numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
  if (!isRising) throw new Error('epoch has a list that does not rise');
  return numbers;
}

function parseNumber(value: YamlValue): number {
  const isNumber =
    typeof value === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(value) && Number(value) <= MAX_EPOCH;
  if (!isNumber) throw new Error('epoch has a number that is not plain decimal below 2^32');
  return Number(value);
}
