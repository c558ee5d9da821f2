import { expect, it } from 'vitest';
import { explainAssertionFile, nameForeignKind } from './foreign-kind.js';

const bytes = (...values: number[]): Buffer =>
  Buffer.from([...values, ...Array.from({ length: 300 }, () => 7)]);

it.each([
  ['no bytes', Buffer.alloc(0), /^it is empty/],
  ['zeros', Buffer.alloc(512), /^it starts with zeros only/],
  ['xz', bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /compressed with xz: .*tar\.gz/],
  ['zstd', bytes(0x28, 0xb5, 0x2f, 0xfd), /compressed with zstd/],
  ['bzip2', Buffer.from('BZh91AY'), /compressed with bzip2/],
  ['lz4', bytes(0x04, 0x22, 0x4d, 0x18), /compressed with lz4/],
  ['zip', Buffer.from('PK\x03\x04'), /a zip archive/],
  ['7z', bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), /a 7z archive/],
  ['rar', Buffer.from('Rar!\x1a\x07\x01'), /a rar archive/],
  ['UTF-16, little endian', Buffer.from('\ufefftype: account\n', 'utf16le'), /UTF-16/],
  ['UTF-16, big endian', bytes(0xfe, 0xff), /UTF-16/],
  ['a BOM', Buffer.from('\ufefftype: account\n'), /byte order mark/],
  ['AppleDouble', bytes(0, 5, 0x16, 7), /macOS/],
  ['lzma', bytes(0x5d, 0, 0, 0x80), /compressed with lzma/],
  ['compress', bytes(0x1f, 0x9d), /compressed with compress/],
  ['zlib', bytes(0x78, 0x9c), /compressed with zlib/],
  ['cpio', Buffer.from('070701000'), /a cpio archive/],
  ['a Debian package', Buffer.from('!<arch>\ndebian-binary'), /Debian package/],
  ['an RPM package', bytes(0xed, 0xab, 0xee, 0xdb), /RPM/],
  ['a qcow2 image', Buffer.from('QFI\xfb', 'latin1'), /disk image.*mount it/],
  ['a boot sector', Buffer.concat([Buffer.alloc(510, 1), Buffer.from([0x55, 0xaa])]), /disk image/],
  ['a PDF', Buffer.from('%PDF-1.7'), /a PDF document: it is the wrong file/],
  ['a picture', bytes(0xff, 0xd8, 0xff), /a picture \(JPEG\)/],
  ['a program', Buffer.from('\x7fELF'), /a program/],
  ['a shortcut', bytes(0x4c, 0, 0, 0, 1, 0x14, 2, 0), /a shortcut of Windows/],
  ['an encrypted file', Buffer.from('Salted__xxxx'), /encrypted with openssl: decrypt/],
  ['a PEM file', Buffer.from('-----BEGIN CERTIFICATE-----\n'), /a PEM file/],
  ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\noid x'), /git lfs pull/],
  ['a Windows marker file', Buffer.from('[ZoneTransfer]\r\nZoneId=3'), /side file of Windows/],
  ['base64', Buffer.from(Buffer.from('type: account\n').toString('base64')), /in base64/],
  ['a mail', Buffer.from('Return-Path: <a@b>\nSubject: x\n\n'), /a mail, not its attachment/],
  [
    'the answer of a store',
    Buffer.from('{"error-list": [{"code": "x", "message": "No snap named \\"jq\\"."}]}'),
    /an error message of a server .*No snap named/,
  ],
  ['other JSON', Buffer.from(' {"a": 1}'), /it is JSON/],
  [
    'a web page',
    Buffer.from('\n<!DOCTYPE html><html>'),
    /starts with "<!DOCTYPE html><html" ?.*web page|web page/,
  ],
  ['quoted mail', Buffer.from('On Monday:\n> type: account\n> authority-id: x\n'), /mail/],
])('names %s', (_, head, expected) => expect(nameForeignKind(head)).toMatch(expected));

it.each([
  ['a snap', Buffer.from('hsqs')],
  ['an assertion', Buffer.from('type: account\n')],
  ['a tar', Buffer.concat([Buffer.from('name'), Buffer.alloc(500)])],
])('returns nothing for %s', (_, head) => expect(nameForeignKind(head)).toBeUndefined());

it.each([
  ['a snap', Buffer.from('hsqs....'), /it is a snap/],
  ['gzip', Buffer.from([0x1f, 0x8b, 8]), /gunzip/],
  ['a tar', Buffer.concat([Buffer.alloc(257, 'x'), Buffer.from('ustar'), Buffer.alloc(250)]), /push-snap/],
  ['CRLF', Buffer.from('type: account\r\nauthority-id: x\r\n\r\nAcLB\r\n'), /CRLF/],
  [
    'CRLF in the middle',
    Buffer.from('type: account\nauthority-id: x\r\n\nAcLB\n'),
    /some of its lines .*CRLF/,
  ],
  ['CR', Buffer.from('type: account\rauthority-id: x\r\rAcLB\r'), /old Mac line endings/],
  ['zero bytes', Buffer.from('type: account\nname: x\0\0\0'), /zero bytes/],
  ['Ctrl-Z', Buffer.from('type: account\nname: x\n\nAcLB\n\x1a'), /Ctrl-Z/],
  ['indented lines', Buffer.from('  type: account\n  name: x\n'), /indented/],
  ['quoted-printable', Buffer.from('type: account\nname: x\n\nAcLB=3D\n'), /quoted-printable/],
  ['HTML entities', Buffer.from('type: account\nname: a &lt;b&gt;\n\nAcLB\n'), /web page/],
  ['spaces at line ends', Buffer.from('type: account  \nname: x\n\nAcLB\n'), /spaces were added/],
  [
    'wrapped lines',
    Buffer.from(`type: account\nsign-key-sha3-384:\n${'k'.repeat(64)}\n\nAcLB\n`),
    /long lines were wrapped/,
  ],
  [
    'two without an empty line between them',
    Buffer.from('type: account\nname: x\n\nAcLB\ntype: model\nname: y\n\nAcLB\n'),
    /an empty line is missing/,
  ],
])('explains why %s is not a valid file of assertions', (_, file, expected) =>
  expect(explainAssertionFile(file)).toMatch(expected),
);

it('explains nothing about undamaged assertions', () => {
  expect(explainAssertionFile(Buffer.from('type: account\nname: x\n\nAcLB\n'))).toBeUndefined();
});
