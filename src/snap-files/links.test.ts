import { expect, it } from 'vitest';
import { isSafeLink, safeLink, safeLinks } from './links.js';

it.each([
  'https://example.com/a:b?c=javascript:1#d',
  'HTTP://example.com',
  'mailto:a@example.com',
  'a@example.com',
  'www.example.com',
  '/path:with-colon',
  'https://exämple.com/日本',
])('%j is included', (link) => expect(isSafeLink(link)).toBe(true));

it.each([
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'javascript\n:alert(1)',
  'javascript :alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'snap:x',
  'vbscript:x',
  'x-scheme://host',
  ':',
  'https://example.com/\u202e',
])('%j is not', (link) => expect(isSafeLink(link)).toBe(false));

it('omits kinds without a link', () => {
  expect(safeLinks({ website: ['javascript:1', 'https://a.example'], issues: ['file:///x'] })).toEqual({
    website: ['https://a.example'],
  });
  expect([safeLink('javascript:1'), safeLink('https://a.example'), safeLink(null)]).toEqual([
    null,
    'https://a.example',
    null,
  ]);
});
