import { text } from './yaml-fields.js';
import { isNull, resolved, textOf, YamlFields } from './yaml/fields.js';
import type { Node } from './yaml/node.js';

/** The data generations that a snap can read and write. Both lists rise and share a number. */
export interface Epoch {
  readonly read: readonly number[];
  readonly write: readonly number[];
}

/** The most numbers in one list of an epoch. */
export const MAX_EPOCH_NUMBERS = 10;
const MAX_EPOCH = 2 ** 32 - 1;

/**
 * Parses an epoch as in snap.yaml: nothing (0), `N`, `N*` (also reads N - 1), or lists `read` and `write`.
 *
 * @throws Error with a one-line message on any other form
 * @see snapcore/snapd: snap/epoch.go, UnmarshalYAML and Validate
 */
export function parseEpoch(top: YamlFields): Epoch {
  const node = top.get('epoch');
  const value = node && resolved(node);
  if (value === undefined || value.kind === 'scalar') return parseShortEpoch(text(top, 'epoch') ?? '');
  if (value.kind !== 'map') throw new Error('epoch is neither a number nor read and write lists');
  const lists = new YamlFields(value, 'epoch', top.budget);
  const givenRead = parseList(lists.get('read'));
  const givenWrite = parseList(lists.get('write'));
  const read = givenRead ?? givenWrite ?? [0];
  const write = givenWrite ?? read.slice(-1);
  if (!read.some((number) => write.includes(number)))
    throw new Error('epoch read and write lists share no number');
  return { read, write };
}

/**
 * Whether a revision that reads these generations can use data of those generations.
 *
 * @see snapcore/snapd: snap/epoch.go, CanRead
 */
export function canRead(reads: readonly number[], writes: readonly number[]): boolean {
  return reads.some((number) => writes.includes(number));
}

/**
 * Parses an epoch that is one string: nothing (0), `N`, or `N*`, which also reads N - 1.
 *
 * @throws Error with a one-line message on any other form
 */
export function parseShortEpoch(written: string): Epoch {
  if (written === '') return { read: [0], write: [0] };
  if (!written.endsWith('*')) {
    const number = parseNumber(written);
    return { read: [number], write: [number] };
  }
  const number = parseNumber(written.slice(0, -1));
  if (number === 0) throw new Error('epoch 0* is invalid');
  return { read: [number - 1, number], write: [number] };
}

function parseList(node: Node | undefined): number[] | undefined {
  if (node === undefined || isNull(node)) return undefined;
  const list = resolved(node);
  if (list.kind !== 'list') throw new Error('epoch read and write are not lists');
  const value = list.items;
  if (value.length === 0) throw new Error('epoch has an empty list');
  if (value.length > MAX_EPOCH_NUMBERS)
    throw new Error(`epoch has a list of over ${MAX_EPOCH_NUMBERS} numbers`);
  const numbers = value.map((item) => parseNumber(textOf(item, 'a number of an epoch') ?? ''));
  const isRising = numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
  if (!isRising) throw new Error('epoch has a list that does not rise');
  return numbers;
}

function parseNumber(value: string): number {
  const isNumber = /^(0|[1-9][0-9]{0,9})$/.test(value) && Number(value) <= MAX_EPOCH;
  if (!isNumber) throw new Error('epoch has a number that is not plain decimal below 2^32');
  return Number(value);
}
