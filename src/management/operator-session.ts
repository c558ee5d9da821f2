import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;

/** Somebody who is signed in with a browser. */
export interface OperatorSession {
  readonly id: number;
  readonly operator: string;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** Makes the secret that the cookie holds. */
export function makeSessionSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** What a change must come with besides the cookie: a page of another site can send the one, and cannot know the other. */
export function csrfToken(sessionSecret: string): string {
  return createHash('sha256').update(`csrf\0${sessionSecret}`).digest('base64url');
}

export function isCsrfToken(sessionSecret: string, given: string): boolean {
  const [right, sent] = [Buffer.from(csrfToken(sessionSecret)), Buffer.from(given)];
  return right.length === sent.length && timingSafeEqual(right, sent);
}

/** Which password a session was opened with: another one ends it. */
export function passwordTag(passwordHash: string): Buffer {
  return createHash('sha256').update(`session\0${passwordHash}`).digest();
}
