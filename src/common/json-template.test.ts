import { expect, it } from 'vitest';
import { JsonTemplate, ORIGIN_HOLE } from './json-template.js';

it.each([
  ['no URL', { a: 1 }, { a: 1 }],
  ['one', { url: `${ORIGIN_HOLE}/x` }, { url: 'http://s/x' }],
  ['several', [`${ORIGIN_HOLE}/x`, { y: `${ORIGIN_HOLE}/y` }], ['http://s/x', { y: 'http://s/y' }]],
  ['the origin alone', ORIGIN_HOLE, 'http://s'],
  [
    'texts that look like a hole',
    { a: '"\\u0000', b: '\\"\\u0000', c: 'é"\\\\u0000' },
    { a: '"\\u0000', b: '\\"\\u0000', c: 'é"\\\\u0000' },
  ],
])('fills %s', (_, value, filled) => {
  expect(JSON.parse(new JsonTemplate(value).fill('http://s').toString())).toEqual(filled);
});
