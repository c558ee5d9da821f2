import { StoreError } from './common/errors.js';

/**
 * Removes `--data DIR` or `--data=DIR` from a command line, at any position before `--`.
 *
 * @throws StoreError `invalid-request` if the directory is missing
 */
export function takeDataOption(words: readonly string[]): { data: string | undefined; rest: string[] } {
  const rest: string[] = [];
  let data: string | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') return { data, rest: [...rest, ...words.slice(index)] };
    if (word === '--data') data = words[(index += 1)] ?? '';
    else if (word.startsWith('--data=')) data = word.slice('--data='.length);
    else rest.push(word);
    if (data === '')
      throw new StoreError('invalid-request', 'cannot use --data: its directory is missing; give --data DIR');
  }
  return { data, rest };
}
