import { expect, it } from 'vitest';
import { MAX_LOGGED_REFUSALS, RefusalLog } from './refusal-log.js';

it('logs the first at once, and then a count of the others', () => {
  const lines: string[] = [];
  const log = new RefusalLog((line) => lines.push(line));
  for (const address of ['a', 'b', 'a', 'a']) log.note(`a key from ${address}`);
  expect(lines).toEqual(['refused a key from a', 'refused a key from b']);
  log.count();
  expect(lines.slice(2)).toEqual(['refused a key from a: 2 more times within a minute']);
  log.note('a key from a');
  log.count();
  expect(lines.slice(3)).toEqual(['refused a key from a']);
});

it('limits the number of lines', () => {
  const lines: string[] = [];
  const log = new RefusalLog((line) => lines.push(line));
  for (let address = 0; address < MAX_LOGGED_REFUSALS; address += 1) log.note(`${address}`);
  expect(lines).toHaveLength(MAX_LOGGED_REFUSALS);
  log.note('one more');
  log.note('another');
  log.note('0');
  expect(lines).toHaveLength(MAX_LOGGED_REFUSALS);
  log.count();
  expect(lines.slice(MAX_LOGGED_REFUSALS)).toEqual([
    'refused 0: 1 more times within a minute',
    'refused 2 more of other kinds or addresses within a minute',
  ]);
});
