import { expect, it } from 'vitest';
import { sizeText } from './size-text.js';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_000, '1.0 kB'],
  [12_288, '12.3 kB'],
  [99_949, '99.9 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [4_194_304, '4.2 MB'],
  [82_454_130_688, '82.5 GB'],
  [135e9, '135 GB'],
  [1.5e12, '1.5 TB'],
  [2e18, '2000 PB'],
])('%d is %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
