import type { DeviceSession, SerialTrust } from '../brand-stores/device-session.js';
import { parseMacaroon, serializeMacaroon } from '../common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat, mintMacaroon } from '../common/crypto/macaroon/macaroon.js';
import { verifyMacaroon } from '../common/crypto/macaroon/verify.js';
import { StoreError } from '../common/errors.js';
import type { ForeignSerials } from './device.settings.js';

/** How long a session is valid. The device renews it without its user. */
export const SESSION_LIFE_MS = 7 * 24 * 60 * 60 * 1_000;

/** Distinguishes sessions from other macaroons that the same secret may sign in the future. */
const KIND = 'device-session';
const LOCATION = 'snap-store-proxy';
const EXPIRY = 'time-before ';

const TRUSTS: readonly SerialTrust[] = ['own', 'known-brand', 'unknown'];

/** The identity of a device, from its serial and model. */
export type Device = Omit<DeviceSession, 'trust' | 'expiresAt'>;

/** Whether a device with a serial of this kind gets and keeps a session. */
export function isAdmitted(trust: SerialTrust, policy: ForeignSerials): boolean {
  if (trust === 'own' || policy === 'accept') return true;
  return policy === 'accept-known-brands' && trust === 'known-brand';
}

/** Makes the token of a session. @param now - milliseconds since 1970, as everywhere here */
export function mintSession(
  secret: Buffer,
  { brandId, model, serial, storeId }: Device,
  trust: SerialTrust,
  now: number,
): string {
  const identifier = Buffer.from(JSON.stringify([KIND, brandId, model, serial, trust, storeId ?? '']));
  const expires = new Date(now + SESSION_LIFE_MS).toISOString();
  return serializeMacaroon(
    addFirstPartyCaveat(mintMacaroon(secret, identifier, LOCATION), `${EXPIRY}${expires}`),
  );
}

function readIdentifier(identifier: Buffer): readonly string[] {
  const parts = JSON.parse(identifier.toString('utf8')) as unknown;
  return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
}

/**
 * Reads the token of a session.
 *
 * @returns undefined for a token that this secret did not sign, that is not a session, or that has expired
 */
export function readSession(token: string, secret: Buffer, now: number): DeviceSession | undefined {
  try {
    const macaroon = parseMacaroon(token);
    let expiresAt = Number.POSITIVE_INFINITY;
    const faults = verifyMacaroon(macaroon, [], secret, (predicate) => {
      if (!predicate.startsWith(EXPIRY)) return false;
      const time = Date.parse(predicate.slice(EXPIRY.length));
      expiresAt = Math.min(expiresAt, time);
      return now < time;
    });
    if (faults.length > 0 || !Number.isFinite(expiresAt)) return undefined;
    const [kind, brandId, model, serial, trustName, storeId] = readIdentifier(macaroon.identifier);
    const trust = TRUSTS.find((known) => known === trustName);
    if (kind !== KIND || brandId === undefined || model === undefined || serial === undefined || !trust)
      return undefined;
    return { brandId, model, serial, trust, ...(storeId ? { storeId } : {}), expiresAt };
  } catch (error) {
    if (error instanceof StoreError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
