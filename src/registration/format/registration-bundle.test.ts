import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testKey, TestStoreStack } from '../../../test/support/store-stack.js';
import { encodeStream } from '../../assertions/format/stream.js';
import { privatePem, publicPem } from '../../common/crypto/pem.js';
import { StoreError } from '../../common/errors.js';
import {
  decodeRegistration,
  encodeRegistration,
  MAX_DOMAIN_LENGTH,
  MAX_REGISTRATION_BYTES,
  openRegistration,
  type Registration,
} from './registration-bundle.js';
import { MAX_SEALED_TEXT, openSealedKey, parseSealedKey, sealPrivateKey } from './sealed-key.js';

const stack = new TestStoreStack();
const store = stack.store({ store: 'acme-store', url: 'http://store.example' });
const PASSWORD = 'correct horse';

const registration: Registration = {
  domain: 'store.example',
  privateKey: privatePem(testKey('registration')),
  publicKey: publicPem(testKey('registration')),
  storeId: 'acme-store',
  storeAssertion: encodeStream([stack.storeAccountKey, store]).toString('utf8'),
};

function asJson(document: unknown): Buffer {
  return Buffer.from(Buffer.from(JSON.stringify(document)).toString('base64'));
}

function fields(changes: Readonly<Record<string, unknown>> = {}): Buffer {
  const document = JSON.parse(
    Buffer.from(encodeRegistration(registration), 'base64').toString('utf8'),
  ) as object;
  return asJson({ ...document, ...changes });
}

function refusal(content: Buffer): string {
  try {
    decodeRegistration(content);
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    const { message } = error as StoreError;
    expect(message).toMatch(/^cannot read the [^\n]+[^.\n]$/);
    return message;
  }
  throw new Error('it was not refused');
}

describe('a registration', () => {
  it('is read unchanged, with exactly the documented fields', () => {
    const text = encodeRegistration(registration);
    expect(Object.keys(JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as object)).toEqual([
      'domain',
      'private_key',
      'public_key',
      'store_id',
      'store_assertion',
    ]);
    expect(decodeRegistration(Buffer.from(text))).toEqual(registration);
  });

  it('may have line breaks, no padding, and unknown fields', () => {
    const lines = encodeRegistration(registration).replaceAll(/.{76}/g, '$&\r\n').replaceAll('=', '');
    expect(decodeRegistration(Buffer.from(lines))).toEqual(registration);
    expect(decodeRegistration(fields({ region: 'north' }))).toEqual(registration);
  });

  it('may have its keys in PKCS#1', () => {
    const key = testKey('registration');
    const older = {
      private_key: key.export({ type: 'pkcs1', format: 'pem' }),
      public_key: createPublicKey(key).export({ type: 'pkcs1', format: 'pem' }),
    };
    expect(decodeRegistration(fields(older))).toEqual(registration);
  });

  it.each([
    ['no content', Buffer.alloc(0), 'it is not base64'],
    ['not base64', Buffer.from('{"domain": 1}'), 'it is not base64'],
    ['URL-safe base64', Buffer.from('-_-_'), 'it is not base64'],
    ['an additional character of base64', Buffer.from('AAAAA'), 'it is not base64'],
    ['not JSON', Buffer.from(Buffer.from('nonsense').toString('base64')), 'it is not JSON in base64'],
    [
      'bytes that are not UTF-8',
      Buffer.from(Buffer.from([0x22, 0xff, 0x22]).toString('base64')),
      'it is not JSON',
    ],
    ['a list', asJson([]), 'it is not a JSON object'],
    ['null', asJson(null), 'it is not a JSON object'],
    ['no field', asJson({}), 'domain is missing or not a string'],
    ['a number', fields({ store_id: 7 }), 'store_id is missing or not a string'],
    ['a field of the prototype', asJson({ __proto__: null, constructor: 'x' }), 'domain is missing'],
    ['an empty string', fields({ public_key: '' }), 'public_key is missing or not a string'],
    ['a NUL', fields({ domain: 'store\0' }), 'domain is missing or not a string'],
    ['a URL for a domain', fields({ domain: 'http://store.example' }), 'domain is not a host name'],
    ['a long domain', fields({ domain: 'x'.repeat(MAX_DOMAIN_LENGTH + 1) }), 'domain is not a host name'],
    ['a line end in the domain', fields({ domain: 'a\nb' }), 'domain is not a host name'],
    ['a path for an id', fields({ store_id: '../x' }), 'store_id is not a store id'],
    ['another id', fields({ store_id: 'other' }), 'store_assertion holds no store assertion of other'],
    ['no assertion', fields({ store_assertion: 'type: store\n' }), 'store_assertion: '],
    ['a string that is not a key', fields({ private_key: 'secret' }), 'private_key is not a key in PEM'],
    ['two private keys', fields({ public_key: registration.privateKey }), 'public_key is not a public key'],
    [
      'a damaged public key',
      fields({ public_key: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' }),
      'public_key is not a key in PEM',
    ],
    [
      'keys that do not match',
      fields({ public_key: publicPem(testKey('other')) }),
      'private_key and public_key do not match',
    ],
    [
      'a short key',
      fields({ public_key: publicPem(testKey('short', 1_024)) }),
      'public_key has 1024 bits: give 2048 to',
    ],
    [
      'an elliptic curve key',
      fields({ public_key: publicPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) }),
      'public_key is not an RSA key',
    ],
    [
      'a truncated encrypted key',
      fields({ private_key: '$sealed-key$v=1$scrypt$ln=17' }),
      'its format is unknown',
    ],
  ])('is refused with %s', (_what, content, message) => expect(refusal(content)).toContain(message));

  it('is accepted up to its limit', () => {
    const text = Buffer.from(encodeRegistration(registration));
    const spaces = (bytes: number) => Buffer.concat([text, Buffer.alloc(bytes - text.length, ' ')]);
    expect(decodeRegistration(spaces(MAX_REGISTRATION_BYTES))).toEqual(registration);
    expect(refusal(spaces(MAX_REGISTRATION_BYTES + 1))).toContain('longer than 1048576 bytes');
  });

  it('accepts the longest domain', () => {
    const domain = 'x'.repeat(MAX_DOMAIN_LENGTH);
    expect(decodeRegistration(fields({ domain })).domain).toBe(domain);
  });
});

describe('an encrypted registration', () => {
  it('keeps its key encrypted until the password is given', async () => {
    const sealed = { ...registration, privateKey: await sealPrivateKey(registration.privateKey, PASSWORD) };
    const read = decodeRegistration(Buffer.from(encodeRegistration(sealed)));
    expect(read).toEqual(sealed);
    expect(JSON.stringify(read)).not.toContain('PRIVATE KEY');
    expect(await openRegistration(read, PASSWORD)).toEqual(registration);
    await expect(openRegistration(read, 'wrong horse')).rejects.toThrow(
      'cannot decrypt the private key: the install password is wrong, or the file was changed',
    );
  });

  it('needs no password if it is not encrypted', async () => {
    expect(await openRegistration(registration, '')).toBe(registration);
  });

  it('must contain the private half of its public key', async () => {
    const privateKey = await sealPrivateKey(privatePem(testKey('other')), PASSWORD);
    await expect(openRegistration({ ...registration, privateKey }, PASSWORD)).rejects.toThrow(
      'private_key and public_key do not match',
    );
  });

  it('is not encrypted with a password that is too short', async () => {
    await expect(sealPrivateKey(registration.privateKey, 'seven77')).rejects.toThrow(
      'cannot use that install password: it has 7 bytes, give 8 to 1024',
    );
  });

  it('refuses every change of its content', async () => {
    const sealed = await sealPrivateKey('a key', PASSWORD);
    const words = sealed.split('$');
    // Changes the first character of each part in turn.
    for (let index = 1; index < words.length; index += 1) {
      const changed = words.map((word, at) =>
        at === index ? `${word.startsWith('A') ? 'B' : 'A'}${word.slice(1)}` : word,
      );
      await expect(openSealedKey(changed.join('$'), PASSWORD), String(index)).rejects.toThrow(StoreError);
    }
    await expect(openSealedKey(sealed.replace('p=1', 'p=2'), PASSWORD)).rejects.toThrow('is wrong, or');
    await expect(openSealedKey(sealed.replace('ln=17', 'ln=30'), PASSWORD)).rejects.toThrow('its parameters');
    await expect(openSealedKey(`${sealed}$`, PASSWORD)).rejects.toThrow('its parameters');
    await expect(openSealedKey(`${sealed}=`, PASSWORD)).rejects.toThrow('its ciphertext');
    await expect(openSealedKey(sealed.replace('v=1', 'v=2'), PASSWORD)).rejects.toThrow(
      'use a newer version',
    );
    expect(await openSealedKey(sealed, PASSWORD)).toBe('a key');
  });

  it('is accepted up to its limit', () => {
    const head = `$sealed-key$v=1$scrypt$ln=17,r=8,p=1$${'A'.repeat(22)}$aes-256-gcm$${'A'.repeat(16)}$${'A'.repeat(22)}$`;
    const text = (length: number) => head + 'A'.repeat(length - head.length);
    const longest = MAX_SEALED_TEXT - ((MAX_SEALED_TEXT - head.length) % 4);
    expect(parseSealedKey(text(longest)).ciphertext.length).toBe(((longest - head.length) / 4) * 3);
    expect(() => parseSealedKey(text(MAX_SEALED_TEXT + 1))).toThrow(
      `it is longer than ${MAX_SEALED_TEXT} characters`,
    );
  });
});
