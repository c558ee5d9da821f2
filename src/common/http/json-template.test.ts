import { expect, it } from 'vitest';
import { ITEMS_HOLE, JsonTemplate, MEDIA_HOLE, ORIGIN_HOLE, originBytes } from './json-template.js';

const ORIGINS = originBytes({ url: 'http://s', media: 'http://m/p' });

it.each([
  ['no URL', { a: 1 }, { a: 1 }],
  ['one', { url: `${ORIGIN_HOLE}/x` }, { url: 'http://s/x' }],
  ['several', [`${ORIGIN_HOLE}/x`, { y: `${ORIGIN_HOLE}/y` }], ['http://s/x', { y: 'http://s/y' }]],
  ['only the origin', ORIGIN_HOLE, 'http://s'],
  ['a picture', [`${MEDIA_HOLE}/x`, `${ORIGIN_HOLE}/media:`], ['http://m/p/x', 'http://s/media:']],
  [
    'strings that look like a hole',
    { a: '"\\u0000', b: '\\"\\u0000', c: 'é"\\\\u0000' },
    { a: '"\\u0000', b: '\\"\\u0000', c: 'é"\\\\u0000' },
  ],
])('fills %s', (_, value, filled) => {
  expect(JSON.parse(new JsonTemplate(value).fill(ORIGINS).toString())).toEqual(filled);
});

it.each([
  ['after a URL', { u: `${ORIGIN_HOLE}/x`, l: [ITEMS_HOLE] }, { u: 'http://s/x', l: [1, 2] }],
  ['before a URL', { l: [ITEMS_HOLE], u: `${ORIGIN_HOLE}/é` }, { l: [1, 2], u: 'http://s/é' }],
  [
    'between two URLs',
    { é: `${ORIGIN_HOLE}/x`, l: [ITEMS_HOLE], u: ORIGIN_HOLE },
    { é: 'http://s/x', l: [1, 2], u: 'http://s' },
  ],
  ['without a URL', { é: 'x', l: [ITEMS_HOLE] }, { é: 'x', l: [1, 2] }],
  ['after a picture', { u: `${MEDIA_HOLE}/é`, l: [ITEMS_HOLE] }, { u: 'http://m/p/é', l: [1, 2] }],
  ['without a list', { u: `${ORIGIN_HOLE}/items` }, { u: 'http://s/items' }],
])('inserts items into a list %s', (_, value, filled) => {
  const template = new JsonTemplate(value);
  const pieces = [Buffer.from('{')];
  template.appendMembersTo(pieces, ORIGINS, Buffer.from('1,2'));
  expect(JSON.parse(Buffer.concat(pieces).toString())).toEqual(filled);
  const empty = JSON.parse(JSON.stringify(filled).replace('[1,2]', '[]')) as unknown;
  expect(JSON.parse(template.fill(ORIGINS).toString())).toEqual(empty);
});
