import { describe, expect, it } from 'vitest';
import { apiKeyPlace, settingPlace, signingKeyPlace } from './secret-places.js';
import {
  formatSecretsKeys,
  makeSecretsKey,
  MAX_KEYS_IN_FILE,
  openSecret,
  parseSecretsKeys,
  wrappingKeyId,
  wrapSecret,
} from './secrets-key.js';

const key = makeSecretsKey();
const place = settingPlace('proxy.hsm.token-pin');

describe('a wrapped secret', () => {
  it.each(['', '1234', 'ü'.repeat(300), '$wrapped$v1$0000000000000000$AAAA'])(
    'unwraps to its original value: %j',
    (clear) => {
      const stored = wrapSecret(key, place, clear);
      expect(wrappingKeyId(stored)).toBe(key.id);
      expect(openSecret(key, place, stored)).toBe(clear);
      if (clear.length > 3) expect(stored).not.toContain(clear.slice(-4));
    },
  );

  it('is different each time', () =>
    expect(wrapSecret(key, place, '1')).not.toBe(wrapSecret(key, place, '1')));

  it.each([
    settingPlace('proxy.cohort.secret'),
    signingKeyPlace('proxy.hsm.token-pin'),
    apiKeyPlace('setting', 'proxy.hsm.token-pin'),
  ])('cannot be unwrapped in another place: $name', (other) => {
    expect(() => openSecret(key, other, wrapSecret(key, place, '1234'))).toThrow(
      `cannot read ${other.name}: its wrapped value was changed, or belongs to another place; set it again`,
    );
  });

  it('cannot be unwrapped if characters move between brand and model', () => {
    expect(() =>
      openSecret(key, apiKeyPlace('a', 'bc'), wrapSecret(key, apiKeyPlace('ab', 'c'), 'x')),
    ).toThrow('cannot read');
  });

  it('cannot be unwrapped with any bit changed, or with another key', () => {
    const stored = wrapSecret(key, place, '1234');
    const prefix = stored.slice(0, stored.lastIndexOf('$') + 1);
    const sealed = Buffer.from(stored.slice(prefix.length), 'base64');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openSecret(key, place, prefix + changed.toString('base64'))).toThrow('was changed');
    }
    for (const length of [0, 1, 27]) {
      const cut = prefix + Buffer.alloc(length, 1).toString('base64');
      expect(() => openSecret(key, place, cut)).toThrow('was changed');
    }
    expect(() => openSecret(makeSecretsKey(), place, stored)).toThrow('was changed');
  });
});

describe('a file of keys', () => {
  it(`accepts up to ${MAX_KEYS_IN_FILE}`, () => {
    const keys = Array.from({ length: MAX_KEYS_IN_FILE }, makeSecretsKey);
    expect(parseSecretsKeys(formatSecretsKeys(keys), 'it')).toEqual(keys);
    expect(() => parseSecretsKeys(formatSecretsKeys([...keys, key]), 'it')).toThrow(
      `cannot read it: it contains more than ${MAX_KEYS_IN_FILE} keys`,
    );
  });

  it.each([
    ['', 'it contains no secrets key'],
    ['secret', 'line 1 is not a secrets key as printed by `secrets-key export`'],
    [`${formatSecretsKeys([key])}secret`, 'line 2 is not a secrets key as printed by `secrets-key export`'],
    [formatSecretsKeys([key]).slice(0, -2), 'line 1 is not a secrets key as printed by `secrets-key export`'],
  ])('is refused without repeating any part of it (%#)', (text, why) =>
    expect(() => parseSecretsKeys(text, 'FILE')).toThrow(
      expect.objectContaining({ message: `cannot read FILE: ${why}` }),
    ),
  );
});
