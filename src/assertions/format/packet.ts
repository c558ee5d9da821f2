import { StoreError } from '../../common/errors.js';

/** "v1": the byte before the one OpenPGP packet. snapcore/snapd: asserts/crypto.go, encodeV1 */
const FORMAT_VERSION = 0x01;
const LINE_LENGTH = 76;
const TAG_SIGNATURE = 2;
const TAG_PUBLIC_KEY = 6;
const PACKET_VERSION = 4;
const RSA = 1;
/** 2016-01-01T00:00:00Z: every key is said to be from then, so that its id depends on the key alone. */
const KEY_CREATION_TIME = Buffer.from([0x56, 0x85, 0xc1, 0x80]);
const SIGNATURE_OVER_BINARY = 0;
const SUBPACKET_CREATION_TIME = 2;
const SUBPACKET_CRITICAL = 0x80;
/** Kinds that golang.org/x/crypto/openpgp reads; a critical one beside them is refused as there. */
const KNOWN_SUBPACKETS = new Set([2, 3, 9, 11, 16, 21, 22, 25, 27, 29, 30, 32]);
/** RFC 4880, section 9.4. */
const HASHES: ReadonlyMap<number, string> = new Map([
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
]);
const SHA512 = 10;

export interface RsaNumbers {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

export interface SignaturePacket {
  /** node:crypto's name of the hash. */
  readonly hash: string;
  /** What is hashed after the content: the packet's own hashed part and its trailer. */
  readonly suffix: Buffer;
  /** The first two bytes of the digest. */
  readonly digestStart: Buffer;
  readonly value: Buffer;
}

function invalid(what: string, why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot decode ${what}: ${why}`);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A number with its length in bits before it: RFC 4880, section 3.2. */
function mpi(value: Buffer): Buffer {
  let start = 0;
  while (start < value.length && value[start] === 0) start += 1;
  const bytes = value.subarray(start);
  const bits = bytes.length === 0 ? 0 : bytes.length * 8 - Math.clz32((bytes[0] ?? 0) << 24);
  return Buffer.concat([uint16(bits), bytes]);
}

/** RFC 4880, section 4.2.2: the new form of a packet's length. */
function packetHeader(tag: number, length: number): Buffer {
  const first = 0xc0 | tag;
  if (length < 192) return Buffer.from([first, length]);
  if (length < 8_384) return Buffer.from([first, 192 + ((length - 192) >> 8), (length - 192) & 0xff]);
  return Buffer.concat([Buffer.from([first, 0xff]), uint32(length)]);
}

/** The version byte and the packet: what key ids are the digest of. */
function framed(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([FORMAT_VERSION]), packetHeader(tag, body.length), body]);
}

/** Base64 in lines of 76 characters, without a newline at the end. */
export function wrapBase64(bytes: Buffer): string {
  return (bytes.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? []).join('\n');
}

export function publicKeyPacket({ modulus, exponent }: RsaNumbers): Buffer {
  return framed(
    TAG_PUBLIC_KEY,
    Buffer.concat([
      Buffer.from([PACKET_VERSION]),
      KEY_CREATION_TIME,
      Buffer.from([RSA]),
      mpi(modulus),
      mpi(exponent),
    ]),
  );
}

/** The hashed part of a signature made now, and what is hashed with the content because of it. */
export function signatureSuffix(time: Date): Buffer {
  const created = uint32(Math.floor(time.getTime() / 1_000));
  const hashed = Buffer.concat([
    Buffer.from([PACKET_VERSION, SIGNATURE_OVER_BINARY, RSA, SHA512, 0, 6, 5, SUBPACKET_CREATION_TIME]),
    created,
  ]);
  return withTrailer(hashed);
}

export function signaturePacket(suffix: Buffer, digestStart: Buffer, value: Buffer): Buffer {
  return framed(TAG_SIGNATURE, Buffer.concat([suffix.subarray(0, -6), uint16(0), digestStart, mpi(value)]));
}

function withTrailer(hashed: Buffer): Buffer {
  return Buffer.concat([hashed, Buffer.from([PACKET_VERSION, 0xff]), uint32(hashed.length)]);
}

/** Reads bytes one after the other, and refuses to read past their end. */
class Reader {
  at = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly what: string,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw invalid(this.what, 'it ends too early');
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }

  number(length: number): number {
    return length === 0 ? 0 : this.take(length).readUIntBE(0, length);
  }

  mpi(): Buffer {
    return this.take((this.number(2) + 7) >> 3);
  }

  sliceFrom(start: number): Buffer {
    return this.bytes.subarray(start, this.at);
  }
}

/** Decodes base64 as Go's StdEncoding does: line breaks are passed over, padding must be right. */
function decodeBase64(text: Buffer, what: string): Buffer {
  const plain = text.toString('latin1').replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain))
    throw invalid(what, 'it is not base64');
  return Buffer.from(plain, 'base64');
}

/** RFC 4880, section 4.2: old and new forms of a length; partial lengths are for streams alone. */
function readPacketLength(reader: Reader, first: number, what: string): { tag: number; length: number } {
  if ((first & 0x80) === 0) throw invalid(what, 'it is no OpenPGP packet');
  if ((first & 0x40) === 0) {
    const lengthType = first & 3;
    if (lengthType === 3) return { tag: (first & 0x3f) >> 2, length: reader.left };
    return { tag: (first & 0x3f) >> 2, length: reader.number(1 << lengthType) };
  }
  const tag = first & 0x3f;
  const byte = reader.number(1);
  if (byte < 192) return { tag, length: byte };
  if (byte < 224) return { tag, length: ((byte - 192) << 8) + reader.number(1) + 192 };
  if (byte < 255) throw invalid(what, 'its packet has a partial length');
  return { tag, length: reader.number(4) };
}

function readPacket(text: Buffer, wantedTag: number, what: string): Reader {
  const bytes = decodeBase64(text, what);
  const reader = new Reader(bytes, what);
  if (reader.number(1) !== FORMAT_VERSION) throw invalid(what, 'its format is not version 1');
  const { tag, length } = readPacketLength(reader, reader.number(1), what);
  if (tag !== wantedTag) throw invalid(what, 'it is another kind of OpenPGP packet');
  const body = reader.take(length);
  if (reader.left > 0) throw invalid(what, 'it has trailing data');
  return new Reader(body, what);
}

/**
 * Reads a public key's text.
 *
 * @throws StoreError `invalid-assertion` on anything but one RSA key
 * @see snapcore/snapd: asserts/crypto.go, DecodePublicKey
 */
export function readPublicKeyPacket(text: Buffer): RsaNumbers {
  const what = 'public key';
  const reader = readPacket(text, TAG_PUBLIC_KEY, what);
  if (reader.number(1) !== PACKET_VERSION) throw invalid(what, 'its packet is not version 4');
  reader.take(KEY_CREATION_TIME.length);
  const algorithm = reader.number(1);
  // 1 to 3 are RSA for golang.org/x/crypto/openpgp: signing and encryption in one, or either.
  if (algorithm < RSA || algorithm > 3) throw invalid(what, 'it is not an RSA key');
  const modulus = reader.mpi();
  const exponent = reader.mpi();
  if (exponent.length > 3) throw invalid(what, 'its exponent is too large');
  return { modulus, exponent };
}

/** RFC 4880, section 5.2.3.1. A creation time must be among the hashed ones, and a critical one must be known. */
function checkSubpackets(bytes: Buffer, hashed: boolean): void {
  const what = 'signature';
  const reader = new Reader(bytes, what);
  let hasCreationTime = false;
  while (reader.left > 0) {
    const first = reader.number(1);
    const length =
      first < 192 ? first : first < 255 ? ((first - 192) << 8) + reader.number(1) + 192 : reader.number(4);
    const content = reader.take(length);
    const [kind] = content;
    if (kind === undefined) throw invalid(what, 'it has an empty subpacket');
    const type = kind & ~SUBPACKET_CRITICAL;
    if (type === SUBPACKET_CREATION_TIME && hashed) {
      if (content.length !== 5) throw invalid(what, 'its creation time is not four bytes');
      hasCreationTime = true;
    }
    if ((kind & SUBPACKET_CRITICAL) !== 0 && !KNOWN_SUBPACKETS.has(type))
      throw invalid(what, `it has a critical subpacket of unknown type ${type}`);
  }
  if (hashed && !hasCreationTime) throw invalid(what, 'it does not say when it was made');
}

/**
 * Reads a signature's text.
 *
 * @throws StoreError `invalid-assertion` on anything but one RSA signature with SHA-256, SHA-384 or SHA-512
 * @see snapcore/snapd: asserts/crypto.go, decodeSignature
 */
export function readSignaturePacket(text: Buffer): SignaturePacket {
  const what = 'signature';
  const reader = readPacket(text, TAG_SIGNATURE, what);
  if (reader.number(1) !== PACKET_VERSION) throw invalid(what, 'its packet is not version 4');
  reader.take(1);
  if (reader.number(1) !== RSA) throw invalid(what, 'it is not an RSA signature');
  const hash = HASHES.get(reader.number(1));
  if (hash === undefined) throw invalid(what, 'its hash is none of SHA-256, SHA-384 and SHA-512');
  const hashedSubpackets = reader.take(reader.number(2));
  const suffix = withTrailer(reader.sliceFrom(0));
  checkSubpackets(hashedSubpackets, true);
  checkSubpackets(reader.take(reader.number(2)), false);
  const digestStart = reader.take(2);
  const value = reader.mpi();
  if (reader.left > 0) throw invalid(what, 'it has trailing data');
  return { hash, suffix, digestStart, value };
}
