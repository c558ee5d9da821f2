import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a nonce is valid. snapd uses it at once, even with retries. */
export const NONCE_LIFE_MS = 10 * 60 * 1_000;

const NONCE = /^([0-9a-z]{1,11})\.([-A-Za-z0-9_]{22})\.([-A-Za-z0-9_]{43})$/;
const RANDOM_BYTES = 16;

/** The purpose of a nonce. A nonce is never accepted for the other purpose. */
export type NoncePurpose = 'device-session-nonce' | 'serial-request-id';

function seal(secret: Buffer, purpose: NoncePurpose, content: string): Buffer {
  return createHmac('sha256', secret).update(`${purpose} ${content}`).digest();
}

/**
 * Makes a nonce that every unit recognises. It is not stored before it is used, because anyone may request any
 * number of nonces.
 */
export function issueNonce(
  secret: Buffer,
  now: number,
  purpose: NoncePurpose = 'device-session-nonce',
): string {
  const content = `${(now + NONCE_LIFE_MS).toString(36)}.${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  return `${content}.${seal(secret, purpose, content).toString('base64url')}`;
}

/** @returns when the nonce expires, in milliseconds since 1970; undefined if it is forged or has expired */
export function nonceExpiry(
  secret: Buffer,
  nonce: string,
  now: number,
  purpose: NoncePurpose = 'device-session-nonce',
): number | undefined {
  const [, expires, random, mac] = NONCE.exec(nonce) ?? [];
  if (expires === undefined || random === undefined || mac === undefined) return undefined;
  const expected = seal(secret, purpose, `${expires}.${random}`);
  if (!timingSafeEqual(expected, Buffer.from(mac, 'base64url'))) return undefined;
  const expiresAt = Number.parseInt(expires, 36);
  return now < expiresAt ? expiresAt : undefined;
}
