import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateRsaKey, MAX_RSA_BITS } from '../../common/crypto/rsa-key.js';
import { decodePublicKey, encodePublicKey, publicKeyId } from './keys.js';
import { encodeInteger, encodeV1, framePacket } from './packet.js';

const TAG_PUBLIC_KEY = 6;
const BEGIN = [4, 0x56, 0x85, 0xc1, 0x80, 1];
const EXPONENT = Buffer.from([1, 0, 1]);

const privateKey = generateRsaKey(1024);
const publicKey = createPublicKey(privateKey);
const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');

function body(parts: { begin?: number[]; modulus?: Buffer; exponent?: Buffer; after?: number[] }): Buffer {
  const { begin = BEGIN, exponent = EXPONENT, after = [] } = parts;
  return Buffer.concat([
    Buffer.from(begin),
    encodeInteger(parts.modulus ?? modulus),
    encodeInteger(exponent),
    Buffer.from(after),
  ]);
}

function keyText(parts: Parameters<typeof body>[0]): Buffer {
  return encodeV1(framePacket(TAG_PUBLIC_KEY, body(parts)));
}

/** Any packet after the version byte. */
function packetText(...bytes: (number | Buffer)[]): Buffer {
  return encodeV1(
    Buffer.concat([1, ...bytes].map((part) => (typeof part === 'number' ? Buffer.from([part]) : part))),
  );
}

describe('a public key', () => {
  it.each([
    [1024, 194],
    [2048, 368],
    [4096, 717],
  ])('of %d bits is encoded in %d characters, and can be read back', (modulusLength, characters) => {
    const own = generateRsaKey(modulusLength);
    const pair = { privateKey: own, publicKey: createPublicKey(own) };
    const encoded = encodePublicKey(pair.privateKey);
    expect(encoded.encoded).toHaveLength(characters);
    const decoded = decodePublicKey(encoded.encoded);
    expect(decoded.id).toBe(encoded.id);
    expect(decoded.id).toBe(publicKeyId(pair.publicKey));
    expect(decoded.encoded.equals(encoded.encoded)).toBe(true);
    expect(decoded.keyObject.equals(pair.publicKey)).toBe(true);
  });

  it.each([
    ['an exponent of 3', body({ exponent: Buffer.from([3]) })],
    ['a modulus of the greatest size', body({ modulus: Buffer.alloc(MAX_RSA_BITS / 8, 0xff) })],
  ])('may have %s', (_, packet) => {
    const { encoded } = decodePublicKey(encodeV1(framePacket(TAG_PUBLIC_KEY, packet)));
    expect(encoded.equals(encodeV1(framePacket(TAG_PUBLIC_KEY, packet)))).toBe(true);
  });

  const zeroLed = Buffer.concat([Buffer.from([0x04, 0x08, 0x00]), modulus]);
  it.each([
    ['another creation time', keyText({ begin: [4, 0, 0, 0, 1, 1] })],
    ['the algorithm RSA sign only', keyText({ begin: [...BEGIN.slice(0, 5), 3] })],
    ['the algorithm RSA encrypt only', keyText({ begin: [...BEGIN.slice(0, 5), 2] })],
    [
      'a leading zero',
      encodeV1(
        framePacket(TAG_PUBLIC_KEY, Buffer.concat([Buffer.from(BEGIN), zeroLed, encodeInteger(EXPONENT)])),
      ),
    ],
    ['an old packet header', packetText(0x98, 0x8d, body({}))],
    ['an old packet header of two bytes', packetText(0x99, 0, 0x8d, body({}))],
    ['an old packet header of four bytes', packetText(0x9a, 0, 0, 0, 0x8d, body({}))],
    ['a long packet header', packetText(0xc6, 0xff, 0, 0, 0, 0x8d, body({}))],
    ['no line breaks', Buffer.from(keyText({}).toString().replaceAll('\n', ''))],
    ['other line breaks', Buffer.from(`\n${keyText({}).toString().replaceAll(/./g, '$&\r\n')}\n`)],
  ])('encoded with %s is the same key', (_, text) => {
    expect(decodePublicKey(text).id).toBe(publicKeyId(publicKey));
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['only line breaks', Buffer.from('\n\n')],
    ['characters outside base64', Buffer.from(keyText({}).toString().replace('A', '$'))],
    ['base64url', Buffer.from('-_-_')],
    ['no padding', Buffer.from(packetText(0xc6, 1).toString().replaceAll('=', ''))],
    ['padding in the middle', Buffer.from('AQ==AQ==')],
    ['too much padding', Buffer.from('A===')],
    ['a character outside ASCII', Buffer.from('AQÄÄ')],
    ['no packet', encodeV1(Buffer.from([1]))],
    ['version 0', encodeV1(Buffer.from([0, ...framePacket(TAG_PUBLIC_KEY, body({})).subarray(1)]))],
    ['version 2', encodeV1(Buffer.from([2, ...framePacket(TAG_PUBLIC_KEY, body({})).subarray(1)]))],
    ['no packet tag', packetText(0x06, 0x8d, body({}))],
    ['a signature tag', packetText(0xc2, 0x8d, body({}))],
    ['a sub key', packetText(0xce, 0x8d, body({}))],
    ['a partial length', packetText(0xc6, 0xe7, body({}), 0)],
    ['an indeterminate length', packetText(0x9b, body({}))],
    ['a truncated length', packetText(0xc6, 0xff, 0, 0)],
    ['a truncated packet', packetText(0xc6, 0x8e, body({}))],
    ['a huge length', packetText(0xc6, 0xff, 0xff, 0xff, 0xff, 0xff, body({}))],
    ['a second packet', packetText(0xc6, 0x8d, body({}), 0xc6, 0x8d, body({}))],
    ['data after the exponent', keyText({ after: [0] })],
    ['packet version 3', keyText({ begin: [3, ...BEGIN.slice(1)] })],
    ['DSA', keyText({ begin: [...BEGIN.slice(0, 5), 17] })],
    ['an exponent of four bytes', keyText({ exponent: Buffer.from([1, 0, 0, 1]) })],
    ['exponent 1', keyText({ exponent: Buffer.from([1]) })],
    ['exponent 0', keyText({ exponent: Buffer.alloc(0) })],
    ['an even exponent', keyText({ exponent: Buffer.from([2]) })],
    ['no modulus', keyText({ modulus: Buffer.alloc(0) })],
    ['an even modulus', keyText({ modulus: Buffer.alloc(128, 0xfe) })],
    [
      'one bit too many',
      keyText({ modulus: Buffer.concat([Buffer.from([1]), Buffer.alloc(MAX_RSA_BITS / 8, 0xff)]) }),
    ],
    ['two MiB of base64', Buffer.alloc(2 * 1024 * 1024, 'A')],
  ])('is refused with %s', (_, text) => {
    expect(() => decodePublicKey(text)).toThrow(expect.objectContaining({ code: 'invalid-assertion' }));
  });

  it('is not made from a key of another type', () => {
    const refused = expect.objectContaining({ code: 'invalid-request' });
    expect(() => encodePublicKey(generateKeyPairSync('ed25519').publicKey)).toThrow(refused);
    expect(() => encodePublicKey(generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey)).toThrow(
      refused,
    );
    expect(() => encodePublicKey(createSecretKey(Buffer.alloc(32)))).toThrow(refused);
  });

  it('is the public half of a private key', () => {
    expect(encodePublicKey(privateKey).keyObject.type).toBe('public');
  });
});
