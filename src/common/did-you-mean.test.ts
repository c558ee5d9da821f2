import { expect, it } from 'vitest';
import { nearestWord } from './did-you-mean.js';

const KNOWN = ['stable', 'candidate', 'beta', 'edge', 'latest', '2.0', '22.04'];

it.each([
  ['stabel', 'stable'],
  ['Stable', 'stable'],
  ['STABLE', 'stable'],
  ['stabe', 'stable'],
  ['stablee', 'stable'],
  ['canditate', 'candidate'],
  ['candiate', 'candidate'],
  ['beat', 'beta'],
  ['betta', 'beta'],
  ['egde', 'edge'],
  ['edg', 'edge'],
  ['lastest', 'latest'],
  ['2,0', '2.0'],
  ['2.04', '2.0'],
  ['20.04', '22.04'],
])('%s is similar to %s', (word, meant) => expect(nearestWord(word, KNOWN)).toBe(meant));

it.each(['', '5', 'bate', 'x', 'insider', 'production', '24', 'stab', 'x'.repeat(10_000)])(
  '%j is similar to none',
  (word) => expect(nearestWord(word, KNOWN)).toBeUndefined(),
);

it('has no suggestion without known words', () => expect(nearestWord('stabel', [])).toBeUndefined());
