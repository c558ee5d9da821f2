import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { privatePem, publicPem } from '../../common/crypto/pem.js';
import { MAX_RSA_BITS, MIN_RSA_BITS, rsaProblem } from '../../common/crypto/rsa-key.js';
import { StoreError } from '../../common/errors.js';
import { isSealedKey, parseSealedKey } from './sealed-key.js';

/** The key pair of a registration, in the one form that this program keeps: PKCS#8 and SPKI in PEM. */
export interface RegistrationKeys {
  /** In PEM, or sealed with the install password. */
  readonly privateKey: string;
  readonly publicKey: string;
}

/** The keys of a registration, or why there are none. */
export type KeyReading =
  | { readonly keys: RegistrationKeys; readonly leftOut?: undefined }
  | { readonly keys?: undefined; readonly leftOut: string };

const OPENSSH = /^ssh-rsa ([A-Za-z0-9+/]{1,8192}={0,2})(?: [^\n]*)?\s*$/;

/** The parts of an OpenSSH key: each with its length before it (RFC 4253, sections 4.2 and 6.6). */
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
    // Whatever form it has, it is not one of those that this program reads.
    return undefined;
  }
}

function readPublic(text: string): KeyObject | undefined {
  // Node would take the public half of a private key, which must not be kept where it is shown.
  if (/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text)) return attempt(() => createPublicKey(text));
  return attempt(() => readOpenSsh(text));
}

const UNREADABLE = `not an RSA key of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits in a form that this program reads`;

/**
 * Reads the keys of a registration. How Canonical's tools write theirs is not public: what is not read is
 * left out, since a store serves its devices without it.
 *
 * @param privateText - PKCS#1 or PKCS#8 in PEM, or sealed by this program
 * @param publicText - SPKI or PKCS#1 in PEM, or an OpenSSH line
 * @throws StoreError `invalid-request` where both are read and are not of one pair, or a sealed key is damaged
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
      'cannot read the registration: private_key and public_key are not of one pair',
    );
  return {
    keys: { privateKey: privatePem(privateKey), publicKey: derived },
  };
}
