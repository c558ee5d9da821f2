import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** RFC 4226, section 4, R6: 160 bits are recommended. */
const SECRET_BYTES = 20;
/** RFC 6238, section 4. */
const STEP_SECONDS = 30;
const DIGITS = 6;
/** Codes before and after the present one that count: clocks differ. RFC 6238, section 5.2. */
const SKEW_STEPS = 1;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Makes a secret of one-time codes, in Base32, as authenticator apps take it. */
export function makeTotpSecret(): string {
  const bits = [...randomBytes(SECRET_BYTES)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('');
}

/** What an app reads as a QR code. */
export function totpUri(secret: string, operator: string, store: string): string {
  const label = `${encodeURIComponent(store)}:${encodeURIComponent(operator)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(store)}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
}

/** The code of a step. RFC 4226, section 5.3, with SHA-1 as every app does it. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', base32Bytes(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step of a moment, in milliseconds since 1970. */
export function totpStep(now: number): number {
  return Math.floor(now / 1_000 / STEP_SECONDS);
}

/**
 * The step that a code is of.
 *
 * @param usedStep - the step of the last code that was taken: each counts once
 * @returns undefined where the code is wrong or was used
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

function base32Bytes(text: string): Buffer {
  const bits = Array.from(text, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
