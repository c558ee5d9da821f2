import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateRsaKey } from '../../common/crypto/rsa-key.js';
import { decodeAssertion } from './decode.js';
import { publicKeyId } from './keys.js';
import { encodeInteger, encodeV1, framePacket, uint16 } from './packet.js';
import { decodeSignature, isSameSignature, signatureSuffix } from './signature-packet.js';
import { verifySignature } from './verify.js';

const TAG_SIGNATURE = 2;
const REFUSED = expect.objectContaining({ code: 'invalid-assertion' });
const privateKey = generateRsaKey(1024);
const publicKey = createPublicKey(privateKey);

const CREATED = [5, 2, 0x69, 0x55, 0xb9, 0];
const ISSUER = [9, 16, 1, 2, 3, 4, 5, 6, 7, 8];
/** As GnuPG 2.1 and later write it into the hashed area. */
const ISSUER_FINGERPRINT = [22, 33, 4, ...Array.from({ length: 20 }, (_, index) => index)];

interface Parts {
  begin?: number[];
  hash?: string;
  hashed?: number[];
  unhashed?: number[];
  after?: number[];
  /** Writes the signature's integer. */
  integer?: (value: Buffer) => Buffer;
}

const content = Buffer.from(
  [
    'type: account',
    'authority-id: acme',
    'account-id: acme',
    'display-name: Acme',
    'timestamp: 2026-01-01T00:00:00Z',
    'username: acme',
    'validation: unproven',
    `sign-key-sha3-384: ${publicKeyId(privateKey)}`,
  ].join('\n'),
);

/** A valid signature over the content, except for the given parts. */
function signatureText(parts: Parts): Buffer {
  const { begin = [4, 0, 1, 10], hash = 'sha512', hashed = CREATED, unhashed = [], after = [] } = parts;
  const hashedPart = Buffer.concat([Buffer.from(begin), uint16(hashed.length), Buffer.from(hashed)]);
  const trailer = Buffer.from([4, 0xff, 0, 0, hashedPart.length >> 8, hashedPart.length & 0xff]);
  const signed = Buffer.concat([content, hashedPart, trailer]);
  const packet = Buffer.concat([
    hashedPart,
    uint16(unhashed.length),
    Buffer.from(unhashed),
    createHash(hash).update(signed).digest().subarray(0, 2),
    (parts.integer ?? encodeInteger)(sign(hash, signed, privateKey)),
    Buffer.from(after),
  ]);
  return encodeV1(framePacket(TAG_SIGNATURE, packet));
}

/** Decodes the signature as verification does. The type of the assertion around it does not matter. */
function verifyText(signature: Buffer): void {
  const { type, ...rest } = decodeAssertion(Buffer.concat([content, Buffer.from('\n\n'), signatureText({})]));
  verifySignature({ type, ...rest, signature }, publicKey);
}

/** More bytes than one length byte can express. */
const long = (type: number, bytes: number): number[] => {
  const length = bytes + 1 - 192;
  return [192 + (length >> 8), length & 0xff, type, ...Array.from({ length: bytes }, () => 7)];
};

describe('a signature', () => {
  it.each<[string, Parts]>([
    ['made by snapd', { integer: (value) => Buffer.concat([uint16(value.length * 8), value]) }],
    ['made by GnuPG 1', { unhashed: ISSUER }],
    ['made by GnuPG 2', { hashed: [...ISSUER_FINGERPRINT, ...CREATED], unhashed: ISSUER }],
    ['with SHA-256', { begin: [4, 0, 1, 8], hash: 'sha256' }],
    ['with SHA-384', { begin: [4, 0, 1, 9], hash: 'sha384' }],
    ['with an unknown subpacket', { hashed: [...CREATED, 2, 100, 0], unhashed: [2, 101, 0] }],
    ['with a long subpacket', { hashed: [...CREATED, ...long(100, 300)] }],
    ['with a very long form of length', { hashed: [...CREATED, 255, 0, 0, 0, 2, 100, 0] }],
    [
      'with known critical subpackets',
      { hashed: [5, 0x82, 0, 0, 0, 0, 5, 0x83, 0, 0, 0, 1], unhashed: [9, 0x90, ...ISSUER.slice(2)] },
    ],
    ['with wrong sizes in fields that snapd ignores', { unhashed: [2, 3, 0, 1, 27] }],
  ])('%s verifies', (_, parts) => {
    expect(() => verifyText(signatureText(parts))).not.toThrow();
  });

  it('returns what is hashed with the content', () => {
    const { hash, suffix } = decodeSignature(signatureText({}));
    expect(hash).toBe('sha512');
    expect(suffix.toString('hex')).toBe('0400010a000605026955b90004ff0000000c');
    expect(signatureSuffix(new Date('2026-01-01T00:00:00Z')).equals(suffix)).toBe(true);
  });

  it.each<[string, Parts]>([
    ['version 3', { begin: [3, 0, 1, 10] }],
    ['version 5', { begin: [5, 0, 1, 10] }],
    ['DSA', { begin: [4, 0, 17, 10] }],
    ['RSA sign only', { begin: [4, 0, 3, 10] }],
    ['MD5', { begin: [4, 0, 1, 1], hash: 'md5' }],
    ['SHA-1', { begin: [4, 0, 1, 2], hash: 'sha1' }],
    ['SHA-224', { begin: [4, 0, 1, 11], hash: 'sha224' }],
    ['a different hash than the one used', { begin: [4, 0, 1, 8] }],
    ['no creation time', { hashed: [] }],
    ['an unhashed creation time', { hashed: [2, 100, 0], unhashed: CREATED }],
    ['a second, unhashed creation time', { unhashed: CREATED }],
    ['a creation time of three bytes', { hashed: [4, 2, 0, 0, 0] }],
    ['a creation time of five bytes', { hashed: [6, 2, 0, 0, 0, 0, 0] }],
    ['a critical subpacket of unknown type', { hashed: [...CREATED, 2, 0x80 | 100, 0] }],
    ['an unhashed critical subpacket of unknown type', { unhashed: [2, 0x80 | 33, 0] }],
    ['an issuer of seven bytes', { unhashed: [8, 16, 1, 2, 3, 4, 5, 6, 7] }],
    ['an expiry of three bytes', { hashed: [...CREATED, 4, 3, 0, 0, 0] }],
    ['no key flags', { hashed: [...CREATED, 1, 27] }],
    ['two bytes for a primary user', { hashed: [...CREATED, 3, 25, 0, 0] }],
    ['an empty subpacket', { hashed: [...CREATED, 0] }],
    ['an embedded signature', { unhashed: [2, 32, 4] }],
    ['a truncated subpacket', { hashed: [...CREATED, 9, 16, 1] }],
    ['a truncated subpacket length', { unhashed: [192] }],
    ['a truncated subpacket length of four bytes', { unhashed: [255, 0, 0, 0] }],
    ['a subpacket length beyond the packet', { unhashed: [255, 0xff, 0xff, 0xff, 0xff] }],
    ['no integer', { integer: () => Buffer.alloc(0) }],
    ['the integer 0', { integer: () => uint16(0) }],
    ['a truncated integer', { integer: (value) => encodeInteger(value).subarray(0, -1) }],
    [
      'an integer longer than the key',
      { integer: (value) => Buffer.concat([uint16(1032), Buffer.from([0]), value]) },
    ],
    ['data after the integer', { after: [0] }],
  ])('is refused with %s', (_, parts) => {
    expect(() => verifyText(signatureText(parts))).toThrow(REFUSED);
  });

  it('is refused for any other content or key', () => {
    const assertion = decodeAssertion(Buffer.concat([content, Buffer.from('\n\n'), signatureText({})]));
    const otherKey = createPublicKey(generateRsaKey(2048));
    const otherKind = generateKeyPairSync('ed25519').publicKey;
    expect(() => verifySignature(assertion, publicKey)).not.toThrow();
    expect(() => verifySignature({ ...assertion, content: content.subarray(1) }, publicKey)).toThrow(REFUSED);
    expect(() => verifySignature(assertion, otherKey)).toThrow(REFUSED);
    expect(() => verifySignature(assertion, otherKind)).toThrow(REFUSED);
  });

  it.each([-1, 2 ** 32 * 1_000, Number.NaN])('cannot state a creation time of %d', (time) => {
    expect(() => signatureSuffix(new Date(time))).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it.each([0, (2 ** 32 - 1) * 1_000])('can state a creation time of %d', (time) => {
    expect(signatureSuffix(new Date(time)).readUInt32BE(8)).toBe(time / 1_000);
  });
});

describe('two signatures', () => {
  const text = signatureText({}).toString();
  const flat = text.replaceAll('\n', '');
  const [unused = ''] = /[A-Za-z0-9+/]=*$/.exec(flat) ?? [];
  /** Another last character, which differs only in bits that base64 does not use. */
  const withUnusedBits = () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const padding = unused.slice(1);
    const last = alphabet.indexOf(unused.charAt(0));
    expect(padding, 'unused bits in the length of the packet').not.toBe('');
    return `${flat.slice(0, -unused.length)}${alphabet.charAt(last ^ 1)}${padding}`;
  };

  it.each<[string, () => string]>([
    ['on one line', () => flat],
    ['in lines of 10', () => flat.replaceAll(/.{10}/g, '$&\n')],
    ['with CRLF', () => text.replaceAll('\n', '\r\n')],
    ['with a line break inside its padding', () => flat.replace('=', '\n=')],
    ['with unused bits', withUnusedBits],
    ['with many line ends after it', () => `${text}${'\n\r'.repeat(100)}`],
    ['with an unhashed part', () => signatureText({ unhashed: ISSUER }).toString()],
  ])('with %s are the same, and both verify', (_, other) => {
    expect(isSameSignature(Buffer.from(text), Buffer.from(other()))).toBe(true);
    expect(() => verifyText(Buffer.from(other()))).not.toThrow();
  });

  it.each<[string, Parts]>([
    ['time', { hashed: [5, 2, 0x69, 0x55, 0xb9, 1] }],
    ['hash', { begin: [4, 0, 1, 8], hash: 'sha256' }],
    ['hashed part', { hashed: [...CREATED, 2, 100, 0] }],
    ['integer', { integer: (value) => encodeInteger(value.fill(1, 9, 10)) }],
  ])('differ in their %s', (_, parts) => {
    expect(isSameSignature(Buffer.from(text), signatureText(parts))).toBe(false);
  });

  // As Go's base64: snapcore/snapd: asserts/crypto.go, decodeV1
  it.each<[string, () => string]>([
    ['a space', () => flat.replace(/.{20}/, '$& ')],
    ['a tab', () => flat.replace(/.{20}/, '$&\t')],
    ['no padding', () => flat.replaceAll('=', '')],
    ['characters after the padding', () => `${flat}AAAA`],
    [
      'characters of URL-safe base64',
      () => flat.replaceAll('/', '_').replaceAll('+', '-').replace(/^./, '_'),
    ],
  ])('with %s are refused', (_, other) => {
    expect(() => decodeSignature(Buffer.from(other()))).toThrow(REFUSED);
  });
});
