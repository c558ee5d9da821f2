import { describe, expect, it } from 'vitest';
import { isRe2 } from './re2.js';

describe('isRe2', () => {
  it.each([
    '',
    'acme-.*',
    '/dev/tty[0-9]{1,3}',
    'a|b|',
    '(a|b)+?',
    '(?i)acme',
    '(?i:acme)x',
    'a(?i)*',
    'a*(?i)*',
    '(?P<brand>acme)',
    '(?<brand>acme)',
    '[]a]',
    '[^]a]',
    '[[:alpha:]_]',
    '[a\\]b]',
    '\\Q(((\\E',
    '\\pL\\d\\-\\z',
    'a{,2}',
    'a{x}',
    '{',
    '}',
    ']',
    'a{1000}',
    // Within the parentheses that snapd puts around it, this is two groups.
    'a)(b',
    '雪\\雪',
  ])('accepts %j', (expression) => expect(isRe2(expression)).toBe(true));

  it.each([
    '[',
    '[]',
    '[^]',
    '\\Qnever ended',
    '"["',
    '(',
    ')',
    'a)',
    '\\',
    '*',
    '*a',
    '(*a)',
    'a|*',
    'a**',
    'a+*',
    'a{2}{3}',
    'a{1001}',
    'a{3,2}',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(?<!a)',
    '(?z)',
    '(a)\\1',
    '\\y',
  ])('refuses %j', (expression) => expect(isRe2(expression)).toBe(false));

  it('takes time that grows with the length alone', () => {
    expect(isRe2('['.repeat(100_000))).toBe(false);
    expect(isRe2(`${'('.repeat(50_000)}${')'.repeat(50_000)}`)).toBe(true);
    expect(isRe2('\\Q(\\E'.repeat(50_000))).toBe(true);
  });
});
