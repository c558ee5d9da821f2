import { sign, type KeyObject } from 'node:crypto';

const DIGEST = 'sha512';

function provenText(nonce: string, url: string): Buffer {
  return Buffer.from(`snap-store-proxy registration\n${nonce}\n${url}\n`);
}

/**
 * Proves possession of the store's key: docs/registration-contract.md, section 4.
 *
 * @param url - the URL to register
 * @returns RSA PKCS#1 v1.5 signature with SHA-512, in base64
 */
export function signRegistration(privateKey: KeyObject, nonce: string, url: string): string {
  return sign(DIGEST, provenText(nonce, url), privateKey).toString('base64');
}
