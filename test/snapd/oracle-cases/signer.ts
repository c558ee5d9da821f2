import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodePublicKey } from '../../../src/assertions/format/keys.js';
import { signaturePacket, signatureSuffix, wrapBase64 } from '../../../src/assertions/format/packet.js';

const KEY_BITS = 2_048;

/** A key pair with what assertions say of it. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly keyId: string;
  /** The public key's text. */
  readonly encoded: Buffer;
}

export function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: KEY_BITS });
  const { id, encoded } = encodePublicKey(privateKey);
  return { privateKey, keyId: id, encoded };
}

/** Signs any bytes as an assertion's content, well formed or not: what `signAssertion` refuses to do. */
export function signContent(content: Buffer, { privateKey }: Signer): Buffer {
  const suffix = signatureSuffix(new Date());
  const signed = Buffer.concat([content, suffix]);
  const digest = createHash('sha512').update(signed).digest();
  const packet = signaturePacket(suffix, digest.subarray(0, 2), sign('sha512', signed, privateKey));
  return Buffer.concat([content, Buffer.from(`\n\n${wrapBase64(packet)}\n`)]);
}
