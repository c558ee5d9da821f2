import { expect, it } from 'vitest';
import { explainAssertionFile, nameForeignKind } from './foreign-kind.js';

const bytes = (...values: number[]): Buffer =>
  Buffer.from([...values, ...Array.from({ length: 300 }, () => 7)]);

it.each([
  ['no bytes', Buffer.alloc(0), /^it is empty/],
  ['zeros', Buffer.alloc(512), /^it begins with zeros alone/],
  ['xz', bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /compressed with xz: .*tar\.gz/],
  ['zstd', bytes(0x28, 0xb5, 0x2f, 0xfd), /compressed with zstd/],
  ['bzip2', Buffer.from('BZh91AY'), /compressed with bzip2/],
  ['lz4', bytes(0x04, 0x22, 0x4d, 0x18), /compressed with lz4/],
  ['zip', Buffer.from('PK\x03\x04'), /a zip archive/],
  ['7z', bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), /a 7z archive/],
  ['rar', Buffer.from('Rar!\x1a\x07\x01'), /a rar archive/],
  ['UTF-16, least first', Buffer.from('\ufefftype: account\n', 'utf16le'), /UTF-16/],
  ['UTF-16, most first', bytes(0xfe, 0xff), /UTF-16/],
  ['a BOM', Buffer.from('\ufefftype: account\n'), /byte order mark/],
  ['AppleDouble', bytes(0, 5, 0x16, 7), /macOS/],
  [
    'a web page',
    Buffer.from('\n<!DOCTYPE html><html>'),
    /begins with "<!DOCTYPE html><html" ?.*web page|web page/,
  ],
  ['quoted mail', Buffer.from('On Monday:\n> type: account\n> authority-id: x\n'), /mail/],
])('names %s', (_, head, expected) => expect(nameForeignKind(head)).toMatch(expected));

it.each([
  ['a snap', Buffer.from('hsqs')],
  ['an assertion', Buffer.from('type: account\n')],
  ['a tar', Buffer.concat([Buffer.from('name'), Buffer.alloc(500)])],
])('says nothing of %s', (_, head) => expect(nameForeignKind(head)).toBeUndefined());

it.each([
  ['a snap', Buffer.from('hsqs....'), /it is a snap/],
  ['gzip', Buffer.from([0x1f, 0x8b, 8]), /gunzip/],
  ['a tar', Buffer.concat([Buffer.alloc(257, 'x'), Buffer.from('ustar'), Buffer.alloc(250)]), /push-snap/],
  ['CRLF', Buffer.from('type: account\r\nauthority-id: x\r\n\r\nAcLB\r\n'), /CRLF/],
  [
    'two in one without an empty line',
    Buffer.from('type: account\nname: x\n\nAcLB\ntype: model\nname: y\n\nAcLB\n'),
    /an empty line is missing/,
  ],
])('explains why %s is no file of assertions', (_, file, expected) =>
  expect(explainAssertionFile(file)).toMatch(expected),
);

it('explains nothing of assertions that are only wrong', () => {
  expect(explainAssertionFile(Buffer.from('type: account\nname: x\n\nAcLB\n'))).toBeUndefined();
});
