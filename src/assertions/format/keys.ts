import { createPublicKey, type KeyObject } from 'node:crypto';
import { digestToBase64url, sha3_384 } from '../../common/crypto/digest.js';
import { MAX_RSA_BITS } from '../../common/crypto/rsa-key.js';
import { StoreError } from '../../common/errors.js';
import {
  ALGORITHM_RSA,
  bitLength,
  decodeV1,
  encodeInteger,
  encodeV1,
  framePacket,
  invalidPacket,
  PACKET_VERSION,
  TAG_PUBLIC_KEY,
  withoutLeadingZeros,
} from './packet.js';

/** 2016-01-01T00:00:00Z: the fixed creation time of every key, so that its id depends only on its numbers. */
const CREATION_TIME = Buffer.from([0x56, 0x85, 0xc1, 0x80]);
/** RFC 4880, section 9.1: for signing and encryption, for encryption only, for signing only. */
const RSA_ALGORITHMS: readonly number[] = [ALGORITHM_RSA, 2, 3];
/** The limit of golang.org/x/crypto. */
const MAX_EXPONENT_BYTES = 3;

/** A public key in the form of assertions. */
export interface PublicKey {
  /** SHA3-384 of the key's packet with its version byte: unpadded base64url. */
  readonly id: string;
  readonly keyObject: KeyObject;
  /** The body of an account-key: base64 in lines, without a line end at the end. */
  readonly encoded: Buffer;
}

/** Big-endian, without leading zeros. */
interface RsaNumbers {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

/** Built from the numbers, whatever the original packet, as snapd's newOpenPGPPubKey does. */
function makePublicKey({ modulus, exponent }: RsaNumbers, keyObject: KeyObject): PublicKey {
  const packet = framePacket(
    TAG_PUBLIC_KEY,
    Buffer.concat([
      Buffer.from([PACKET_VERSION]),
      CREATION_TIME,
      Buffer.from([ALGORITHM_RSA]),
      encodeInteger(modulus),
      encodeInteger(exponent),
    ]),
  );
  return { id: digestToBase64url(sha3_384(packet)), keyObject, encoded: encodeV1(packet) };
}

function readNumbers(text: Buffer): RsaNumbers {
  const reader = decodeV1(text, TAG_PUBLIC_KEY, 'public key');
  const version = reader.takeNumber(1);
  if (version !== PACKET_VERSION) throw invalidPacket('public key', `its packet is version ${version}`);
  reader.take(CREATION_TIME.length);
  if (!RSA_ALGORITHMS.includes(reader.takeNumber(1)))
    throw invalidPacket('public key', 'it is not an RSA key');
  const modulus = reader.takeInteger();
  const exponent = reader.takeInteger();
  reader.expectEnd();
  if (exponent.length > MAX_EXPONENT_BYTES) throw invalidPacket('public key', 'its exponent is too large');
  return { modulus: withoutLeadingZeros(modulus), exponent: withoutLeadingZeros(exponent) };
}

/** Refuses numbers that are not an RSA key: with exponent 1, anybody could sign. */
function checkNumbers({ modulus, exponent }: RsaNumbers): void {
  const isOdd = (integer: Buffer): boolean => ((integer.at(-1) ?? 0) & 1) === 1;
  const isOne = exponent.length === 1 && exponent[0] === 1;
  if (!isOdd(modulus) || !isOdd(exponent) || isOne)
    throw invalidPacket('public key', 'its numbers are not an RSA key');
  if (bitLength(modulus) > MAX_RSA_BITS)
    throw invalidPacket('public key', `it has more than ${MAX_RSA_BITS} bits`);
}

/**
 * Decodes a public key: the body of an account-key, or a device-key header.
 *
 * Accepts any creation time; the id is that of the same numbers with the fixed one. Stricter than snapd: even
 * numbers, exponent 1 and more than {@link MAX_RSA_BITS} are refused here instead of during verification.
 *
 * @throws StoreError `invalid-assertion` on anything but one RSA key
 * @see snapcore/snapd: asserts/crypto.go, DecodePublicKey
 */
export function decodePublicKey(body: Buffer): PublicKey {
  const numbers = readNumbers(body);
  checkNumbers(numbers);
  const jwk = {
    kty: 'RSA',
    n: numbers.modulus.toString('base64url'),
    e: numbers.exponent.toString('base64url'),
  };
  let keyObject: KeyObject;
  try {
    keyObject = createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    throw new StoreError('invalid-assertion', 'cannot decode public key: its numbers are not an RSA key', {
      cause: error,
    });
  }
  return makePublicKey(numbers, keyObject);
}

/**
 * Encodes a key in the form of assertions.
 *
 * @param key - RSA, private or public; the public half is used
 * @throws StoreError `invalid-request` if it is not an RSA key
 * @see snapcore/snapd: asserts/crypto.go, EncodePublicKey
 */
export function encodePublicKey(key: KeyObject): PublicKey {
  if (key.asymmetricKeyType !== 'rsa')
    throw new StoreError('invalid-request', 'cannot encode public key: it is not an RSA key');
  const keyObject = key.type === 'private' ? createPublicKey(key) : key;
  const { n = '', e = '' } = keyObject.export({ format: 'jwk' });
  const modulus = withoutLeadingZeros(Buffer.from(n, 'base64url'));
  return makePublicKey({ modulus, exponent: withoutLeadingZeros(Buffer.from(e, 'base64url')) }, keyObject);
}

/**
 * The id of a key, as in `public-key-sha3-384` and `sign-key-sha3-384`.
 *
 * @param key - RSA, private or public
 * @throws StoreError `invalid-request` if it is not an RSA key
 */
export function publicKeyId(key: KeyObject): string {
  return encodePublicKey(key).id;
}
