import { encodePublicKey } from '../../../src/assertions/format/keys.js';
import { MAX_HEADERS_BYTES } from '../../../src/assertions/format/limits.js';
import { signContent } from '../../../src/assertions/format/sign.js';
import { generateRsaKey } from '../../../src/common/crypto/rsa-key.js';

const privateKey = generateRsaKey(1_024);
export const KEY_ID = encodePublicKey(privateKey).id;
/** Of other content: what is decoded is not verified. */
const SIGNATURE = signContent(Buffer.from('x'), privateKey, new Date('2026-01-01T00:00:00Z'));

/** Bytes that hostile headers may fill: the rest is for what makes them an assertion. */
export const ROOM = MAX_HEADERS_BYTES - 1_024;

/** A hostile assertion: what it is, and its bytes, made when they are needed. */
export type Hostile = readonly [what: string, make: () => Buffer];

/** Text, once or as often as it fits. */
export function fill(unit: string | ((index: number) => string), bytes = ROOM): string {
  const parts: string[] = [];
  for (let index = 0, left = bytes; ; index += 1) {
    const part = typeof unit === 'string' ? unit : unit(index);
    left -= Buffer.byteLength(part);
    if (left < 0) return parts.join('');
    parts.push(part);
  }
}

/** An assertion of these headers, with a signature that can be read. */
export function assertionOf(headers: string, body = ''): Buffer {
  const head = `${headers.trimEnd()}\ntimestamp: 2026-01-01T00:00:00Z\nsign-key-sha3-384: ${KEY_ID}`;
  const content = body === '' ? head : `${head}\nbody-length: ${Buffer.byteLength(body)}\n\n${body}`;
  return Buffer.concat([Buffer.from(content), Buffer.from('\n\n'), SIGNATURE, Buffer.from('\n')]);
}
