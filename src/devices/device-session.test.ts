import { describe, expect, it } from 'vitest';
import { parseMacaroon, serializeMacaroon } from '../common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat, mintMacaroon, type Macaroon } from '../common/crypto/macaroon/macaroon.js';
import { isAdmitted, mintSession, readSession, SESSION_LIFE_MS } from './session-token.js';

const SECRET = Buffer.alloc(32, 1);
const NOW = Date.parse('2026-03-01T00:00:00Z');
const DEVICE = { brandId: 'brand', model: 'm', serial: 's"1' };
const token = mintSession(SECRET, DEVICE, 'unknown', NOW);

describe('a session', () => {
  it('names its device, up to its last millisecond', () => {
    const session = { ...DEVICE, trust: 'unknown', expiresAt: NOW + SESSION_LIFE_MS };
    expect(readSession(token, SECRET, NOW)).toEqual(session);
    expect(readSession(token, SECRET, NOW + SESSION_LIFE_MS - 1)).toEqual(session);
    expect(readSession(token, SECRET, NOW + SESSION_LIFE_MS)).toBeUndefined();
  });

  it('names the store of the model', () => {
    const ofStore = mintSession(SECRET, { ...DEVICE, storeId: 'acme-devices' }, 'own', NOW);
    expect(readSession(ofStore, SECRET, NOW)?.storeId).toBe('acme-devices');
    expect(readSession(token, SECRET, NOW)).not.toHaveProperty('storeId');
  });

  it('is valid only with the secret that signed it', () => {
    expect(readSession(token, Buffer.alloc(32, 2), NOW)).toBeUndefined();
  });

  it('can be made shorter, but not longer', () => {
    const narrowed = (time: number) =>
      serializeMacaroon(
        addFirstPartyCaveat(parseMacaroon(token), `time-before ${new Date(time).toISOString()}`),
      );
    expect(readSession(narrowed(NOW + 5), SECRET, NOW)?.expiresAt).toBe(NOW + 5);
    expect(readSession(narrowed(NOW), SECRET, NOW)).toBeUndefined();
    expect(readSession(narrowed(NOW + 2 * SESSION_LIFE_MS), SECRET, NOW)?.expiresAt).toBe(
      NOW + SESSION_LIFE_MS,
    );
  });

  it.each<readonly [string, Macaroon]>([
    ['no expiry', mintMacaroon(SECRET, Buffer.from('["device-session","b","m","s","own"]'), '')],
    ['an unknown caveat', addFirstPartyCaveat(parseMacaroon(token), 'account = x')],
    ['an invalid time', addFirstPartyCaveat(parseMacaroon(token), 'time-before soon')],
    ...['{', '[]', '7', '["other","b","m","s","own"]', '["device-session","b","m","s","king"]'].map(
      (identifier) =>
        [
          `the identifier ${identifier}`,
          addFirstPartyCaveat(
            mintMacaroon(SECRET, Buffer.from(identifier), ''),
            'time-before 2027-01-01T00:00:00Z',
          ),
        ] as const,
    ),
  ])('is invalid with %s', (_what, macaroon) => {
    expect(readSession(serializeMacaroon(macaroon), SECRET, NOW)).toBeUndefined();
  });
});

it.each([
  ['accept', [true, true, true]],
  ['accept-known-brands', [true, true, false]],
  ['refuse', [true, false, false]],
] as const)('%s', (policy, admitted) => {
  expect((['own', 'known-brand', 'unknown'] as const).map((trust) => isAdmitted(trust, policy))).toEqual(
    admitted,
  );
});
