import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  CODE_DIGITS,
  decodeBase32,
  encodeBase32,
  oneTimeCode,
  oneTimeStep,
  STEP_SECONDS,
} from '../common/crypto/one-time-code.js';

/** RFC 4226, section 4, R6: 160 bits are recommended. */
const SECRET_BYTES = 20;
/** Codes before and after the present one that are accepted: clocks differ. RFC 6238, section 5.2. */
const SKEW_STEPS = 1;

/** Makes a secret of one-time codes, in Base32, as authenticator apps expect it. */
export function makeTotpSecret(): string {
  return encodeBase32(randomBytes(SECRET_BYTES));
}

/** Whether a text has the form of a secret that {@link makeTotpSecret} makes. */
export function isTotpSecret(text: string): boolean {
  return /^[A-Z2-7]{32}$/.test(text);
}

/** The URL that an app reads as a QR code. */
export function totpUri(secret: string, operator: string, store: string): string {
  const label = `${encodeURIComponent(store)}:${encodeURIComponent(operator)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(store)}&algorithm=SHA1&digits=${CODE_DIGITS}&period=${STEP_SECONDS}`;
}

/** The code of a step. @param secret - in Base32 */
export function totpCode(secret: string, step: number): string {
  return oneTimeCode(decodeBase32(secret), step);
}

/** The step of a moment, in milliseconds since 1970. */
export function totpStep(now: number): number {
  return oneTimeStep(new Date(now));
}

/**
 * The step that a code belongs to.
 *
 * @param usedStep - the step of the last accepted code: each is accepted once
 * @returns undefined if the code is wrong or was used
 */
export function checkTotp(secret: string, code: string, usedStep: number, now: number): number | undefined {
  const given = Buffer.from(code.replaceAll(' ', ''));
  const present = totpStep(now);
  let found: number | undefined;
  for (let step = present - SKEW_STEPS; step <= present + SKEW_STEPS; step += 1) {
    const right = Buffer.from(totpCode(secret, step));
    if (step > usedStep && given.length === right.length && timingSafeEqual(given, right)) found = step;
  }
  return found;
}
