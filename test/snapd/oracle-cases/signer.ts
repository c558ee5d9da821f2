import { createHash, sign, type KeyObject } from 'node:crypto';
import { encodePublicKey } from '../../../src/assertions/format/keys.js';
import { encodeSignature, signatureSuffix } from '../../../src/assertions/format/signature-packet.js';
import { generateRsaKey } from '../../../src/common/crypto/rsa-key.js';

const KEY_BITS = 2_048;

/** A key pair with what assertions say of it. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly keyId: string;
  /** The public key's text. */
  readonly encoded: Buffer;
}

export function newSigner(): Signer {
  const privateKey = generateRsaKey(KEY_BITS);
  const { id, encoded } = encodePublicKey(privateKey);
  return { privateKey, keyId: id, encoded };
}

/** Signs any bytes as an assertion's content, well formed or not: what `signAssertion` refuses to do. */
export function signContent(content: Buffer, { privateKey }: Signer): Buffer {
  const suffix = signatureSuffix(new Date());
  const signed = Buffer.concat([content, suffix]);
  const digestStart = createHash('sha512').update(signed).digest().subarray(0, 2);
  const text = encodeSignature({ suffix, digestStart, value: sign('sha512', signed, privateKey) });
  return Buffer.concat([content, Buffer.from(`\n\n${text.toString()}\n`)]);
}
