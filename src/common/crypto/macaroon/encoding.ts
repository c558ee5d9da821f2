import { StoreError } from '../../errors.js';
import type { Caveat, Macaroon } from './macaroon.js';

/** Longest macaroon that is accepted, in characters of base64. Those of stores have one or two thousand. */
export const MAX_MACAROON_LENGTH = 16_384;

/** Four hexadecimal digits, which are included in the length. */
const LENGTH_DIGITS = 4;
const MAX_PACKET_BYTES = 0xffff;
const SIGNATURE_BYTES = 32;
const BASE64 = /^[-A-Za-z0-9_+/]+={0,2}$/;

function invalid(why: string): StoreError {
  return new StoreError('invalid-request', `cannot read macaroon: ${why}`);
}

interface Packet {
  readonly key: string;
  readonly value: Buffer;
}

function writePacket(key: string, value: Buffer | string): Buffer {
  const content = Buffer.concat([Buffer.from(`${key} `), Buffer.from(value), Buffer.from('\n')]);
  const length = content.length + LENGTH_DIGITS;
  if (length > MAX_PACKET_BYTES)
    throw new StoreError(
      'too-large',
      `cannot write macaroon: its ${key} is longer than ${MAX_PACKET_BYTES} bytes`,
    );
  return Buffer.concat([Buffer.from(length.toString(16).padStart(LENGTH_DIGITS, '0')), content]);
}

function readPackets(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const digits = bytes.toString('latin1', at, at + LENGTH_DIGITS);
    const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
    const content = bytes.subarray(at + LENGTH_DIGITS, at + length);
    const space = content.indexOf(' ');
    if (
      length <= LENGTH_DIGITS ||
      content.length !== length - LENGTH_DIGITS ||
      content.at(-1) !== 0x0a ||
      space < 1
    )
      throw invalid('it is cut off, or not of version 1');
    packets.push({ key: content.toString('latin1', 0, space), value: content.subarray(space + 1, -1) });
    at += length;
  }
  return packets;
}

/** Returns packets in their required order. */
class PacketReader {
  private at = 0;

  constructor(private readonly packets: readonly Packet[]) {}

  takeOptional(key: string): Buffer | undefined {
    const packet = this.packets[this.at];
    if (packet?.key !== key) return undefined;
    this.at += 1;
    return packet.value;
  }

  take(key: string): Buffer {
    const value = this.takeOptional(key);
    if (value) return value;
    throw invalid(`its ${key} is missing or in the wrong place`);
  }

  expectEnd(): void {
    if (this.at < this.packets.length) throw invalid('it has data after its signature');
  }
}

function readCaveat(identifier: Buffer, reader: PacketReader): Caveat {
  const verificationId = reader.takeOptional('vid');
  if (!verificationId) return { identifier };
  return { identifier, thirdParty: { verificationId, location: reader.take('cl').toString('utf8') } };
}

/** Encodes a macaroon for transport: version 1, URL-safe base64 without padding. */
export function serializeMacaroon({ location, identifier, caveats, signature }: Macaroon): string {
  const packets = [
    writePacket('location', location),
    writePacket('identifier', identifier),
    ...caveats.flatMap((caveat) => [
      writePacket('cid', caveat.identifier),
      ...(caveat.thirdParty
        ? [
            writePacket('vid', caveat.thirdParty.verificationId),
            writePacket('cl', caveat.thirdParty.location),
          ]
        : []),
    ]),
    writePacket('signature', signature),
  ];
  return Buffer.concat(packets).toString('base64url');
}

/**
 * Decodes a macaroon of version 1, in either base64 alphabet, padded or not.
 *
 * @throws StoreError `invalid-request` on anything else
 * @see go-macaroon/macaroon (v1): marshal-v1.go
 */
export function parseMacaroon(text: string): Macaroon {
  if (text.length > MAX_MACAROON_LENGTH) throw invalid(`it is longer than ${MAX_MACAROON_LENGTH} characters`);
  if (!BASE64.test(text)) throw invalid('it is not base64');
  const reader = new PacketReader(readPackets(Buffer.from(text, 'base64url')));
  const location = reader.take('location').toString('utf8');
  const identifier = reader.take('identifier');
  const caveats: Caveat[] = [];
  for (let id = reader.takeOptional('cid'); id; id = reader.takeOptional('cid'))
    caveats.push(readCaveat(id, reader));
  const signature = reader.take('signature');
  reader.expectEnd();
  if (signature.length !== SIGNATURE_BYTES) throw invalid('its signature has the wrong length');
  return { location, identifier, caveats, signature };
}
