import { describe, expect, it } from 'vitest';
import { hasHidden, visible, visibleJson, visibleLines } from './visible-text.js';

const HIDDEN: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['a colour (CSI)', '\u001b[8mhidden\u001b[0m', '\\x1b[8mhidden\\x1b[0m'],
  ['the clipboard (OSC 52)', '\u001b]52;c;aGk=\u0007', '\\x1b]52;c;aGk=\\x07'],
  ['an 8-bit CSI', '\u009b2J', '\\x9b2J'],
  ['a carriage return', 'bad\rgood', 'bad\\x0dgood'],
  ['a backspace', 'bad\b\b\bgood', 'bad\\x08\\x08\\x08good'],
  ['a tab', 'a\tb', 'a\\x09b'],
  ['NUL and DEL', '\0\u007f', '\\x00\\x7f'],
  ['a next line (C1)', 'a\u0085b', 'a\\x85b'],
  ['bidirectional marks', 'a\u202eb\u2066c\u200fd\u061ce', 'a\\u202eb\\u2066c\\u200fd\\u061ce'],
  [
    'zero-width characters',
    'sta\u200bble\u200c\u200d\u2060\ufeff',
    'sta\\u200bble\\u200c\\u200d\\u2060\\ufeff',
  ],
  ['a soft hyphen', 'a\u00adb', 'a\\xadb'],
  ['line and paragraph separators', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
  ['fillers and the empty Braille pattern', '\u3164\u115f\u2800', '\\u3164\\u115f\\u2800'],
  ['tags', '\u{e0041}', '\\udb40\\udc41'],
  ['an unpaired surrogate', 'a\ud800b', 'a\\ud800b'],
];

describe.each(HIDDEN)('%s', (_, text, shown) => {
  it('is shown, in one line, in several, and in equivalent JSON', () => {
    expect(visible(text)).toBe(shown);
    expect(visibleLines(text)).toBe(shown);
    expect(hasHidden(text)).toBe(true);
    const json = visibleJson(JSON.stringify({ [text]: [text] }, null, 2));
    expect(hasHidden(json.replaceAll('\n', ''))).toBe(false);
    expect(JSON.parse(json)).toEqual({ [text]: [text] });
  });
});

it('a line end is shown in a single line, and kept in several', () => {
  expect(visible('a\nb')).toBe('a\\nb');
  expect(visibleLines('a\nb\n')).toBe('a\nb\n');
});

it.each(['%j is unchanged', 'Äpfel “x” — 日本語', '✓ ❤️ ☎︎', 'العربية', '𝒳 🚀', 'C:\\x1b'])(
  '%j stays as it is',
  (text) => {
    expect(visible(text)).toBe(text);
    expect(visibleLines(text)).toBe(text);
    expect(visibleJson(text)).toBe(text);
    expect(hasHidden(text)).toBe(false);
  },
);
