import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testKey } from '../../../test/support/store-stack.js';
import { readRegistrationKeys } from './registration-keys.js';
import { sealPrivateKey } from './sealed-key.js';

const key = testKey('registration');

function privatePem(of: KeyObject, type: 'pkcs1' | 'pkcs8' = 'pkcs8'): string {
  return of.export({ type, format: 'pem' }).toString();
}

function publicPem(of: KeyObject, type: 'pkcs1' | 'spki' = 'spki'): string {
  return createPublicKey(of).export({ type, format: 'pem' }).toString();
}

/** RFC 4253, section 6.6: `ssh-rsa`, e and n, each after its length. */
function openSsh(of: KeyObject): string {
  const { e = '', n = '' } = createPublicKey(of).export({ format: 'jwk' });
  const part = (bytes: Buffer) => {
    const positive = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(positive.length);
    return Buffer.concat([length, positive]);
  };
  const parts = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url')];
  return `ssh-rsa ${Buffer.concat(parts.map(part)).toString('base64')}`;
}

const kept = { keys: { privateKey: privatePem(key), publicKey: publicPem(key) } };

describe('the keys of a registration', () => {
  it.each([
    ['PKCS#8 and SPKI', privatePem(key), publicPem(key)],
    ['PKCS#1 twice', privatePem(key, 'pkcs1'), publicPem(key, 'pkcs1')],
    ['PKCS#1 and an OpenSSH line', privatePem(key, 'pkcs1'), openSsh(key)],
    ['an OpenSSH line with a comment', privatePem(key), `${openSsh(key)} root@store.example\n`],
    ['a public key in an unknown format', privatePem(key), 'AAAA'],
  ])('are read from %s', (_what, privateText, publicText) =>
    expect(readRegistrationKeys(privateText, publicText)).toEqual(kept),
  );

  it.each([
    ['not PEM', 'AAAA', publicPem(key), 'private_key'],
    ['a public key instead of a private one', publicPem(key), publicPem(key), 'private_key'],
    ['a short key', privatePem(testKey('short', 1_024)), publicPem(testKey('short', 1_024)), 'private_key'],
    [
      'an elliptic curve key',
      privatePem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      publicPem(key),
      'private_key',
    ],
    [
      'an OpenSSH private key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
      openSsh(key),
      'private_key',
    ],
  ])('are left out with %s', (_what, privateText, publicText, field) => {
    const { keys, leftOut } = readRegistrationKeys(privateText, publicText);
    expect(keys).toBeUndefined();
    expect(leftOut).toMatch(new RegExp(`^${field} is not an RSA key of 2048 to 16384 bits`));
  });

  it.each([
    ['ssh-rsa AAAA'],
    ['ssh-rsa //////////8='],
    [openSsh(key).slice(0, 60)],
    [openSsh(key).replace('ssh-rsa AAAAB3', 'ssh-rsa AAAAB4')],
    [`${openSsh(key)}\n${openSsh(key)}`],
  ])('ignore a damaged OpenSSH line %#', (line) =>
    expect(readRegistrationKeys(privatePem(key), line)).toEqual(kept),
  );

  it.each([publicPem(testKey('other')), openSsh(testKey('other'))])('must match: %#', (other) =>
    expect(() => readRegistrationKeys(privatePem(key), other)).toThrow(
      'private_key and public_key do not match',
    ),
  );

  it('do not accept a private key in place of the public one', () => {
    expect(readRegistrationKeys('AAAA', privatePem(key)).keys).toBeUndefined();
  });

  it('stay encrypted, with their public half', async () => {
    const sealed = await sealPrivateKey(privatePem(key), 'correct horse');
    expect(readRegistrationKeys(sealed, publicPem(key))).toEqual({
      keys: { privateKey: sealed, publicKey: publicPem(key) },
    });
    expect(readRegistrationKeys(sealed, 'AAAA').leftOut).toMatch(/^public_key is not/);
    expect(() => readRegistrationKeys(sealed.slice(0, 30), publicPem(key))).toThrow(
      'cannot read the encrypted',
    );
  });
});
