import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { privatePem, publicPem } from '../../common/crypto/pem.js';
import { MAX_RSA_BITS, MIN_RSA_BITS, rsaProblem } from '../../common/crypto/rsa-key.js';
import { StoreError } from '../../common/errors.js';
import { isSealedKey, parseSealedKey } from './sealed-key.js';

/** The key pair of a registration, in the format that this program stores: PKCS#8 and SPKI in PEM. */
export interface RegistrationKeys {
  /** In PEM, or encrypted with the install password. */
  readonly privateKey: string;
  readonly publicKey: string;
}

/** The keys of a registration, or why they were left out. */
export type KeyReading =
  | { readonly keys: RegistrationKeys; readonly leftOut?: undefined }
  | { readonly keys?: undefined; readonly leftOut: string };

const OPENSSH = /^ssh-rsa ([A-Za-z0-9+/]{1,8192}={0,2})(?: [^\n]*)?\s*$/;

/** The parts of an OpenSSH key, each after its length (RFC 4253, sections 4.2 and 6.6). */
function sshParts(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return [];
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

function readOpenSsh(text: string): KeyObject | undefined {
  const [, base64] = OPENSSH.exec(text) ?? [];
  if (base64 === undefined) return undefined;
  const [kind, exponent, modulus] = sshParts(Buffer.from(base64, 'base64'));
  if (kind?.toString('latin1') !== 'ssh-rsa' || !exponent || !modulus) return undefined;
  const [e, n] = [exponent.toString('base64url'), modulus.toString('base64url')];
  return createPublicKey({ key: { kty: 'RSA', e, n }, format: 'jwk' });
}

function attempt(read: () => KeyObject | undefined): KeyObject | undefined {
  try {
    const key = read();
    return key && rsaProblem(key) === undefined ? key : undefined;
  } catch {
    // The key is in a format that this program does not support.
    return undefined;
  }
}

function readPublic(text: string): KeyObject | undefined {
  // Node would also accept a private key, and a private key must not be stored where it is shown.
  if (/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text)) return attempt(() => createPublicKey(text));
  return attempt(() => readOpenSsh(text));
}

const UNREADABLE = `not an RSA key of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits in a supported format`;

/**
 * Reads the keys of a registration. The format of Canonical's tools is not public. Unreadable keys are left out,
 * because a store can serve its devices without them.
 *
 * @param privateText - PKCS#1 or PKCS#8 in PEM, or encrypted by this program
 * @param publicText - SPKI or PKCS#1 in PEM, or an OpenSSH line
 * @throws StoreError `invalid-request` if both are readable but do not match, or if an encrypted key is damaged
 */
export function readRegistrationKeys(privateText: string, publicText: string): KeyReading {
  const publicKey = readPublic(publicText);
  if (isSealedKey(privateText)) {
    parseSealedKey(privateText);
    if (!publicKey) return { leftOut: `public_key is ${UNREADABLE}` };
    return { keys: { privateKey: privateText, publicKey: publicPem(publicKey) } };
  }
  const privateKey = attempt(() => createPrivateKey(privateText));
  if (!privateKey) return { leftOut: `private_key is ${UNREADABLE}` };
  const derived = publicPem(privateKey);
  if (publicKey && publicPem(publicKey) !== derived)
    throw new StoreError(
      'invalid-request',
      'cannot read the registration: private_key and public_key do not match',
    );
  return {
    keys: { privateKey: privatePem(privateKey), publicKey: derived },
  };
}
