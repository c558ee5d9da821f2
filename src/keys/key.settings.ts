import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { publicKeyId } from '../assertions/format/keys.js';
import { privatePem, publicPem } from '../common/crypto/pem.js';
import { rsaProblem } from '../common/crypto/rsa-key.js';
import { StoreError } from '../common/errors.js';
import { booleanSetting } from '../settings/boolean-setting.js';
import type { Setting } from '../settings/setting.js';
import { readPublicKeys, unreadableKey } from './key-pair.js';

function invalid(key: string, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-setting', `cannot set ${key}: ${why}`, { cause });
}

function checkRsa(key: string, read: () => KeyObject, why = () => 'it is not a key in PEM'): KeyObject {
  let object: KeyObject;
  try {
    object = read();
  } catch (error) {
    throw invalid(key, why(), error);
  }
  const problem = rsaProblem(object);
  if (problem !== undefined) throw invalid(key, `it ${problem}`);
  return object;
}

/** PKCS#1 is stored as PKCS#8. */
function privateKeySetting(key: string, description: string): Setting<KeyObject> {
  const parse = (text: string) =>
    checkRsa(
      key,
      () => createPrivateKey(text),
      () => unreadableKey(text),
    );
  return {
    key,
    scope: 'shared',
    description,
    secret: true,
    parse,
    fromArgument: (argument) => Promise.resolve(privatePem(parse(argument))),
    beforeSet: (text) => Promise.resolve({ [key.replace(/private$/, 'public')]: publicPem(parse(text)) }),
  };
}

function publicKeySetting(key: string, description: string): Setting<KeyObject> {
  return { key, scope: 'shared', description, parse: (text) => checkRsa(key, () => publicKeyFrom(text)) };
}

/** `createPublicKey` would also accept a private key, and a private key must not be stored where it is shown. */
function publicKeyFrom(text: string): KeyObject {
  if (!text.includes('-----BEGIN PUBLIC KEY-----')) throw new Error('no public key');
  return createPublicKey(text);
}

/** The key pair that identifies this store to the store that registers it: PKCS#8 and SPKI in PEM. */
export const STORE_PRIVATE_KEY = privateKeySetting(
  'proxy.key.private',
  'private key that identifies this store, in PEM; setting it also sets its public half',
);
export const STORE_PUBLIC_KEY = publicKeySetting('proxy.key.public', 'its public half, in PEM');

/** The key pair that signs the manifests of bundles; the private half stays on the connected machine. */
export const BUNDLE_PRIVATE_KEY = privateKeySetting(
  'proxy.bundle.key.private',
  'private key that signs bundles on the connected machine, in PEM',
);
export const BUNDLE_PUBLIC_KEY = publicKeySetting('proxy.bundle.key.public', 'its public half, in PEM');

/** The connected machines whose bundles this store accepts: a JSON list of public keys in PEM. */
export const BUNDLE_TRUSTED_KEYS: Setting<KeyObject[]> = {
  key: 'proxy.bundle.trusted-keys',
  scope: 'shared',
  description:
    'public keys whose bundles are accepted: a JSON list of keys in PEM, or @FILE with keys in PEM',
  defaultText: '[]',
  fromArgument: async (argument) =>
    argument.startsWith('@') ? JSON.stringify(await readPublicKeys(argument.slice(1))) : argument,
  show: (text) => BUNDLE_TRUSTED_KEYS.parse(text).map(publicKeyId).join(', '),
  parse(text) {
    const { key } = BUNDLE_TRUSTED_KEYS;
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch (error) {
      throw new StoreError('invalid-setting', `cannot set ${key}: it is not JSON`, { cause: error });
    }
    if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string'))
      throw invalid(key, 'give a JSON list of public keys in PEM');
    return list.map((entry) => checkRsa(key, () => publicKeyFrom(entry)));
  },
};

export const BUNDLE_REQUIRE_SIGNATURE = booleanSetting({
  key: 'proxy.bundle.require-signature',
  description:
    'whether an archive must be signed by a trusted key (default: true if proxy.bundle.trusted-keys has one)',
  // An operator who lists trusted keys does not want bundles without a signature.
  defaultFrom: (textOf) =>
    String(BUNDLE_TRUSTED_KEYS.parse(textOf(BUNDLE_TRUSTED_KEYS.key) ?? '[]').length > 0),
});
