import { StoreError } from '../../common/errors.js';
import {
  ALGORITHM_RSA,
  decodeV1,
  encodeInteger,
  encodeV1,
  framePacket,
  invalidPacket,
  PACKET_VERSION,
  PacketReader,
  TAG_SIGNATURE,
  uint16,
  uint32,
} from './packet.js';

/** RFC 4880, section 5.2.1: a signature over bytes as they are. */
const TYPE_BINARY = 0x00;
/** RFC 4880, section 9.4, with the names of node:crypto. Weaker hashes are refused; snapd never uses them. */
const HASHES: ReadonlyMap<number, string> = new Map([
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
]);
const SHA512 = 10;
const CREATION_TIME = 2;
const EMBEDDED_SIGNATURE = 32;
const CRITICAL = 0x80;
const TRAILER_BYTES = 6;
const MAX_TIME_SECONDS = 0xffff_ffff;

type Area = 'hashed' | 'unhashed';

/** What golang.org/x/crypto requires of known subpackets: in which area, and of which length in bytes. */
const KNOWN_SUBPACKETS: ReadonlyMap<number, { areas: readonly Area[]; bytes: number | 'some' | 'any' }> =
  new Map([
    [CREATION_TIME, { areas: ['hashed'], bytes: 4 }],
    [3, { areas: ['hashed'], bytes: 4 }],
    [9, { areas: ['hashed'], bytes: 4 }],
    [11, { areas: ['hashed'], bytes: 'any' }],
    [16, { areas: ['hashed', 'unhashed'], bytes: 8 }],
    [21, { areas: ['hashed'], bytes: 'any' }],
    [22, { areas: ['hashed'], bytes: 'any' }],
    [25, { areas: ['hashed'], bytes: 1 }],
    [27, { areas: ['hashed'], bytes: 'some' }],
    [29, { areas: ['hashed'], bytes: 'some' }],
    [30, { areas: ['hashed', 'unhashed'], bytes: 'any' }],
  ]);

/** A decoded signature packet. */
export interface SignaturePacket {
  /** The hash, by its name in node:crypto. */
  readonly hash: string;
  /** The bytes that are hashed after the content: the packet's own hashed part and its trailer. */
  readonly suffix: Buffer;
  /** The first two bytes of the digest. */
  readonly digestStart: Buffer;
  /** The RSA signature, big-endian; leading zeros may be missing. */
  readonly value: Buffer;
}

/** RFC 4880, section 5.2.4. */
function withTrailer(hashedPart: Buffer): Buffer {
  return Buffer.concat([hashedPart, Buffer.from([PACKET_VERSION, 0xff]), uint32(hashedPart.length)]);
}

/** RFC 4880, section 5.2.3.1. */
function takeSubpacketLength(reader: PacketReader): number {
  const first = reader.takeNumber(1);
  if (first < 192) return first;
  return first < 255 ? ((first - 192) << 8) + reader.takeNumber(1) + 192 : reader.takeNumber(4);
}

/** @returns the type of the subpacket */
function checkSubpacket(subpacket: Buffer, area: Area): number {
  const first = subpacket[0];
  if (first === undefined) throw invalidPacket('signature', 'it has an empty subpacket');
  const type = first & ~CRITICAL;
  const dataBytes = subpacket.length - 1;
  const known = KNOWN_SUBPACKETS.get(type);
  if (!known) {
    // Go reads the signature inside and ignores it. An assertion does not need one.
    if (type === EMBEDDED_SIGNATURE) throw invalidPacket('signature', 'it contains a signature');
    if (first !== type)
      throw invalidPacket('signature', `it has a critical subpacket of unknown type ${type}`);
    return type;
  }
  if (type === CREATION_TIME && area === 'unhashed')
    throw invalidPacket('signature', 'its creation time is not hashed');
  const isRightSize =
    known.bytes === 'any' || (known.bytes === 'some' ? dataBytes > 0 : dataBytes === known.bytes);
  if (known.areas.includes(area) && !isRightSize)
    throw invalidPacket('signature', `its subpacket of type ${type} has the wrong size`);
  return type;
}

function checkSubpackets(subpackets: Buffer, area: Area): void {
  const reader = new PacketReader(subpackets, 'signature');
  const types = new Set<number>();
  while (reader.leftBytes > 0) types.add(checkSubpacket(reader.take(takeSubpacketLength(reader)), area));
  if (area === 'hashed' && !types.has(CREATION_TIME))
    throw invalidPacket('signature', 'it has no creation time');
}

/**
 * Decodes a signature.
 *
 * Stricter than snapd: exact packet length ({@link decodeV1}), RSA only, no hash below SHA-256, no embedded
 * signature.
 *
 * @throws StoreError `invalid-assertion` on anything but one RSA signature
 * @see snapcore/snapd: asserts/crypto.go, decodeSignature
 * @see golang.org/x/crypto: openpgp/packet/signature.go, Signature.parse
 */
export function decodeSignature(text: Buffer): SignaturePacket {
  const reader = decodeV1(text, TAG_SIGNATURE, 'signature');
  const version = reader.takeNumber(1);
  if (version !== PACKET_VERSION) throw invalidPacket('signature', `its packet is version ${version}`);
  // The signature's type is hashed, but snapd ignores it.
  reader.take(1);
  if (reader.takeNumber(1) !== ALGORITHM_RSA) throw invalidPacket('signature', 'it is not an RSA signature');
  const hash = HASHES.get(reader.takeNumber(1));
  if (hash === undefined) throw invalidPacket('signature', 'its hash is not SHA-256, SHA-384 or SHA-512');
  checkSubpackets(reader.take(reader.takeNumber(2)), 'hashed');
  const suffix = withTrailer(reader.taken());
  checkSubpackets(reader.take(reader.takeNumber(2)), 'unhashed');
  const digestStart = reader.take(2);
  const value = reader.takeInteger();
  reader.expectEnd();
  return { hash, suffix, digestStart, value };
}

/**
 * Whether two signatures are equivalent, however they are encoded: the width and line ends of base64, its
 * unused last bits, the packet's header and its unhashed part do not matter.
 *
 * If they are equivalent, both verify for the same content and key, or neither does.
 *
 * @throws StoreError `invalid-assertion` on anything but a signature
 */
export function isSameSignature(a: Buffer, b: Buffer): boolean {
  if (a.equals(b)) return true;
  const [one, other] = [decodeSignature(a), decodeSignature(b)];
  return (
    one.hash === other.hash &&
    one.suffix.equals(other.suffix) &&
    one.digestStart.equals(other.digestStart) &&
    one.value.equals(other.value)
  );
}

/**
 * The bytes that a SHA-512 signature of this time hashes after the content.
 *
 * @throws StoreError `invalid-request` if the packet cannot contain the time (1970 to 2106)
 */
export function signatureSuffix(timestamp: Date): Buffer {
  const seconds = Math.floor(timestamp.getTime() / 1_000);
  if (!(seconds >= 0 && seconds <= MAX_TIME_SECONDS)) {
    throw new StoreError('invalid-request', 'cannot sign assertion: its time is not between 1970 and 2106');
  }
  const start = [PACKET_VERSION, TYPE_BINARY, ALGORITHM_RSA, SHA512];
  const creationTime = Buffer.concat([Buffer.from([5, CREATION_TIME]), uint32(seconds)]);
  return withTrailer(Buffer.concat([Buffer.from(start), uint16(creationTime.length), creationTime]));
}

/**
 * Encodes a signature.
 *
 * @param suffix - from {@link signatureSuffix}
 * @returns base64 in lines of 76 characters, without a line end at the end
 */
export function encodeSignature({ suffix, digestStart, value }: Omit<SignaturePacket, 'hash'>): Buffer {
  const hashedPart = suffix.subarray(0, -TRAILER_BYTES);
  return encodeV1(
    framePacket(TAG_SIGNATURE, Buffer.concat([hashedPart, uint16(0), digestStart, encodeInteger(value)])),
  );
}
