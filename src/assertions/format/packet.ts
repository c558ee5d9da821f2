import { StoreError } from '../../common/errors.js';

/** The version byte before the only OpenPGP packet. snapcore/snapd: asserts/crypto.go, v1 */
const FORMAT_VERSION = 0x01;
/** Characters in a line of base64. snapcore/snapd: asserts/crypto.go, maxEncodeLineLength */
const LINE_CHARACTERS = 76;

/** RFC 4880, section 4.3. */
export const TAG_SIGNATURE = 2;
export const TAG_PUBLIC_KEY = 6;
/** RFC 4880, sections 5.2.3 and 5.5.2: the same for keys and signatures. */
export const PACKET_VERSION = 4;
/** RFC 4880, section 9.1. */
export const ALGORITHM_RSA = 1;

/** The expected content of a packet, for error messages. */
export type PacketKind = 'public key' | 'signature';

export function invalidPacket(kind: PacketKind, why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot decode ${kind}: ${why}`);
}

/** Reads a packet's bytes in order, never past their end. */
export class PacketReader {
  private at = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly kind: PacketKind,
  ) {}

  get leftBytes(): number {
    return this.bytes.length - this.at;
  }

  take(lengthBytes: number): Buffer {
    if (lengthBytes > this.leftBytes) throw invalidPacket(this.kind, 'it ends too early');
    this.at += lengthBytes;
    return this.bytes.subarray(this.at - lengthBytes, this.at);
  }

  /** Big-endian, of one, two or four bytes. */
  takeNumber(lengthBytes: number): number {
    return this.take(lengthBytes).readUIntBE(0, lengthBytes);
  }

  /** A multi-precision integer (RFC 4880, section 3.2). As Go does, leading zeros are accepted. */
  takeInteger(): Buffer {
    return this.take(Math.ceil(this.takeNumber(2) / 8));
  }

  /** All bytes that were read so far. */
  taken(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  expectEnd(): void {
    if (this.leftBytes > 0) throw invalidPacket(this.kind, 'it has trailing data');
  }
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function withoutLeadingZeros(integer: Buffer): Buffer {
  const start = integer.findIndex((byte) => byte !== 0);
  return start === -1 ? Buffer.alloc(0) : integer.subarray(start);
}

/** @param minimal - big-endian, without leading zeros */
export function bitLength(minimal: Buffer): number {
  return minimal.length * 8 - (minimal.length === 0 ? 0 : Math.clz32(minimal.readUInt8(0)) - 24);
}

/** An integer, preceded by its length in bits. RFC 4880, section 3.2. */
export function encodeInteger(integer: Buffer): Buffer {
  const minimal = withoutLeadingZeros(integer);
  return Buffer.concat([uint16(bitLength(minimal)), minimal]);
}

/** The new form of a packet header. RFC 4880, section 4.2.2. */
function packetHeader(tag: number, lengthBytes: number): Buffer {
  const first = 0xc0 | tag;
  if (lengthBytes < 192) return Buffer.from([first, lengthBytes]);
  if (lengthBytes < 8_384) {
    const rest = lengthBytes - 192;
    return Buffer.from([first, 192 + (rest >> 8), rest & 0xff]);
  }
  return Buffer.concat([Buffer.from([first, 0xff]), uint32(lengthBytes)]);
}

/** @returns version byte, packet header and body: the input of a key's id */
export function framePacket(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([FORMAT_VERSION]), packetHeader(tag, body.length), body]);
}

/**
 * Encodes a framed packet as in the keys and signatures of assertions.
 *
 * @returns base64 in lines of 76 characters, without a line end at the end
 * @see snapcore/snapd: asserts/crypto.go, encodeV1
 */
export function encodeV1(framed: Buffer): Buffer {
  const flat = framed.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < flat.length; at += LINE_CHARACTERS) lines.push(flat.slice(at, at + LINE_CHARACTERS));
  return Buffer.from(lines.join('\n'));
}

/** As Go's StdEncoding: line breaks may be anywhere, padding must be correct, unused last bits are ignored. */
function decodeBase64(text: Buffer, kind: PacketKind): Buffer {
  const flat = text.toString('latin1').replaceAll(/[\r\n]/g, '');
  if (flat === '') throw invalidPacket(kind, 'it is empty');
  if (flat.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(flat))
    throw invalidPacket(kind, 'it is not base64');
  return Buffer.from(flat, 'base64');
}

/** RFC 4880, section 4.2: the tag, and the length of the packet's body in bytes. */
function takePacketHeader(reader: PacketReader, kind: PacketKind): { tag: number; lengthBytes: number } {
  const first = reader.takeNumber(1);
  if ((first & 0x80) === 0) throw invalidPacket(kind, 'it is not an OpenPGP packet');
  if ((first & 0x40) === 0) {
    const lengthType = first & 0x03;
    if (lengthType === 3) throw invalidPacket(kind, 'its packet has no fixed length');
    return { tag: (first & 0x3c) >> 2, lengthBytes: reader.takeNumber(1 << lengthType) };
  }
  const tag = first & 0x3f;
  const length = reader.takeNumber(1);
  if (length < 192) return { tag, lengthBytes: length };
  if (length < 224) return { tag, lengthBytes: ((length - 192) << 8) + reader.takeNumber(1) + 192 };
  if (length < 255) throw invalidPacket(kind, 'its packet is split into parts');
  return { tag, lengthBytes: reader.takeNumber(4) };
}

/**
 * Decodes base64 of a version byte and exactly one packet.
 *
 * Stricter than snapd in three ways, none of which a known writer uses: the packet must be exactly as long as
 * its header says (Go ignores extra data inside, and a missing end that it does not need), and neither a
 * partial nor an indeterminate length is accepted.
 *
 * @returns a reader over the packet's body
 * @throws StoreError `invalid-assertion`
 * @see snapcore/snapd: asserts/crypto.go, decodeV1
 * @see golang.org/x/crypto: openpgp/packet/packet.go, readHeader
 */
export function decodeV1(text: Buffer, wantedTag: number, kind: PacketKind): PacketReader {
  const reader = new PacketReader(decodeBase64(text, kind), kind);
  const version = reader.takeNumber(1);
  if (version !== FORMAT_VERSION) throw invalidPacket(kind, `its format is version ${version}`);
  const { tag, lengthBytes } = takePacketHeader(reader, kind);
  if (tag !== wantedTag) throw invalidPacket(kind, `it is an OpenPGP packet with tag ${tag}`);
  const body = reader.take(lengthBytes);
  reader.expectEnd();
  return new PacketReader(body, kind);
}
