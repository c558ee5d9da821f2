import { describe, expect, it } from 'vitest';
import {
  checkNewPassword,
  deriveKeyFromPassword,
  hashPassword,
  isPassword,
  MAX_PASSWORD_BYTES,
  MIN_PASSWORD_BYTES,
  parsePasswordHash,
  parseScryptParameters,
  unpadded,
} from './password.js';

describe('a hashed password', () => {
  it('matches in any Unicode composition, and no other password matches', async () => {
    const stored = await hashPassword('caf\u00e9 au lait');
    expect(stored).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$/);
    expect(await isPassword('cafe\u0301 au lait', stored)).toBe(true);
    expect(await isPassword('cafe au lait', stored)).toBe(false);
    expect(await hashPassword('caf\u00e9 au lait')).not.toBe(stored);
  });

  it('is derived as in RFC 7914', async () => {
    // Section 12, the third vector; its first 32 bytes.
    const parameters = { costLog2: 14, blockSize: 8, parallelization: 1 };
    const key = await deriveKeyFromPassword('pleaseletmein', Buffer.from('SodiumChloride'), parameters, 32);
    expect(key.toString('hex')).toBe('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2');
  });

  it('is checked with the parameters that are stored with it', async () => {
    const salt = Buffer.alloc(16, 7);
    const key = await deriveKeyFromPassword(
      'password',
      salt,
      { costLog2: 14, blockSize: 8, parallelization: 2 },
      32,
    );
    const stored = `$scrypt$ln=14,r=8,p=2$${unpadded(salt)}$${unpadded(key)}`;
    expect(await isPassword('password', stored)).toBe(true);
    expect(await isPassword('password', stored.replace('p=2', 'p=1'))).toBe(false);
  });

  it.each(['', 'secret', '$scrypt$ln=17,r=8,p=1$$', '$scrypt$ln=17,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA'])(
    'does not match the string %j',
    async (text) => {
      expect(parsePasswordHash(text)).toBeUndefined();
      expect(await isPassword('', text)).toBe(false);
    },
  );
});

describe('the cost parameters in a string', () => {
  it.each(['ln=14,r=1,p=1', 'ln=18,r=8,p=4', 'ln=17,r=8,p=1'])('are accepted: %s', (text) =>
    expect(parseScryptParameters(text)).toBeDefined(),
  );
  it.each([
    'ln=13,r=8,p=1',
    'ln=19,r=8,p=1',
    'ln=17,r=9,p=1',
    'ln=17,r=0,p=1',
    'ln=17,r=8,p=0',
    'ln=17,r=8,p=5',
    'ln=171,r=8,p=1',
    'r=8,ln=17,p=1',
    'ln=17,r=8,p=1,x=1',
    '',
  ])('are refused: %j', (text) => expect(parseScryptParameters(text)).toBeUndefined());
});

it('accepts new passwords of eight bytes to a kilobyte', () => {
  for (const bytes of [MIN_PASSWORD_BYTES, MAX_PASSWORD_BYTES])
    expect(() => checkNewPassword('x'.repeat(bytes), 'password')).not.toThrow();
  for (const bytes of [0, MIN_PASSWORD_BYTES - 1, MAX_PASSWORD_BYTES + 1])
    expect(() => checkNewPassword('x'.repeat(bytes), 'password')).toThrow(
      `cannot use that password: it has ${bytes} bytes, give 8 to 1024`,
    );
});
