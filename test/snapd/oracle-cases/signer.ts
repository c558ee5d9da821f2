import type { KeyObject } from 'node:crypto';
import { encodePublicKey } from '../../../src/assertions/format/keys.js';
import { signContent as signatureOf } from '../../../src/assertions/format/sign.js';
import { generateRsaKey } from '../../../src/common/crypto/rsa-key.js';

const KEY_BITS = 2_048;

/** A key pair with what assertions say of it. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly keyId: string;
  /** The public key's text. */
  readonly encoded: Buffer;
}

export function signerOf(privateKey: KeyObject): Signer {
  const { id, encoded } = encodePublicKey(privateKey);
  return { privateKey, keyId: id, encoded };
}

export function newSigner(): Signer {
  return signerOf(generateRsaKey(KEY_BITS));
}

/** Signs any bytes as an assertion's content, well formed or not: what `signAssertion` refuses to do. */
export function signContent(content: Buffer, { privateKey }: Signer): Buffer {
  const signature = signatureOf(content, privateKey, new Date());
  return Buffer.concat([content, Buffer.from('\n\n'), signature, Buffer.from('\n')]);
}
