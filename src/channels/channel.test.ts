import { describe, expect, it } from 'vitest';
import { formatChannel, MAX_CHANNEL_LENGTH, parseChannel, risksFrom, shortChannelName } from './channel.js';

describe('parseChannel', () => {
  it.each([
    ['edge', { track: 'latest', risk: 'edge' }],
    ['2.0', { track: '2.0', risk: 'stable' }],
    ['latest', { track: 'latest', risk: 'stable' }],
    ['beta/fix', { track: 'latest', risk: 'beta', branch: 'fix' }],
    ['1.2/edge', { track: '1.2', risk: 'edge' }],
    ['1.2/edge/hotfix-1', { track: '1.2', risk: 'edge', branch: 'hotfix-1' }],
    ['chp_14/edge', { track: 'chp_14', risk: 'edge' }],
  ])('parses %s', (name, channel) => expect(parseChannel(name)).toEqual(channel));

  it.each([
    '',
    '/',
    'stable/',
    '/stable',
    'a/b',
    'a/stable/',
    'a/b/c/d',
    'edge/x/y',
    'with space',
    'a/Stable',
    '../edge',
    'x\n',
  ])('refuses %j', (name) =>
    expect(() => parseChannel(name)).toThrow(expect.objectContaining({ code: 'invalid-channel' })),
  );

  it('has a length limit', () => {
    const longest = 'a'.repeat(MAX_CHANNEL_LENGTH);
    expect(parseChannel(longest).track).toBe(longest);
    expect(() => parseChannel(`${longest}a`)).toThrow('longer than 256 characters');
  });
});

it.each([
  ['stable', 'latest/stable', 'stable'],
  ['edge/fix', 'latest/edge/fix', 'edge/fix'],
  ['2/beta', '2/beta', '2/beta'],
])('formats %s in full and short', (name, full, short) => {
  expect(formatChannel(parseChannel(name))).toBe(full);
  expect(shortChannelName(parseChannel(name))).toBe(short);
});

it('falls back through the risks towards stable', () => {
  expect(risksFrom('edge')).toEqual(['edge', 'beta', 'candidate', 'stable']);
  expect(risksFrom('stable')).toEqual(['stable']);
});
