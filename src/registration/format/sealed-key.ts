import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  checkNewPassword,
  deriveKeyFromPassword,
  formatScryptParameters,
  MAX_PASSWORD_BYTES,
  parseScryptParameters,
  SALT_BYTES,
  SCRYPT,
  unpadded,
  type ScryptParameters,
} from '../../common/crypto/password.js';
import { StoreError } from '../../common/errors.js';

/**
 * A private key that is encrypted with the install password, on one line:
 *
 *     $sealed-key$v=1$scrypt$ln=17,r=8,p=1$<salt>$aes-256-gcm$<nonce>$<tag>$<ciphertext>
 *
 * The last four parts are base64 without padding. Everything before the nonce is also authenticated.
 */
const PREFIX = '$sealed-key$';
const VERSION = 'v=1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Longest encrypted key; a key of 8192 bits has 6.4 KiB in PEM. */
export const MAX_SEALED_TEXT = 16 << 10;
const BASE64 = /^[A-Za-z0-9+/]+$/;

function damaged(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-request', `cannot read the encrypted private key: ${why}`, { cause });
}

/** Whether a string starts like an encrypted key, complete or not. */
export function isSealedKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

function associatedData(parameters: ScryptParameters, salt: Buffer): string {
  return `${PREFIX}${VERSION}$scrypt$${formatScryptParameters(parameters)}$${unpadded(salt)}$aes-256-gcm`;
}

/**
 * Encrypts a private key with the install password.
 *
 * @throws StoreError `invalid-request` if the password is too short or too long
 */
export async function sealPrivateKey(pem: string, password: string): Promise<string> {
  checkNewPassword(password, 'install password');
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const head = associatedData(SCRYPT, salt);
  const cipher = createCipheriv(
    'aes-256-gcm',
    await deriveKeyFromPassword(password, salt, SCRYPT, KEY_BYTES),
    nonce,
  );
  cipher.setAAD(Buffer.from(head));
  const ciphertext = Buffer.concat([cipher.update(pem, 'utf8'), cipher.final()]);
  return [head, unpadded(nonce), unpadded(cipher.getAuthTag()), unpadded(ciphertext)].join('$');
}

/** The parts of an encrypted key. */
interface SealedKey {
  readonly parameters: ScryptParameters;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly ciphertext: Buffer;
}

function bytesOf(text: string, name: string, lengthBytes?: number): Buffer {
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (
    bytes.length === 0 ||
    (lengthBytes !== undefined && bytes.length !== lengthBytes) ||
    unpadded(bytes) !== text
  )
    throw damaged(`its ${name} is malformed`);
  return bytes;
}

/**
 * Parses an encrypted key without decrypting it.
 *
 * @throws StoreError `unsupported` if a newer version of this program wrote it, `invalid-request` if it is damaged
 */
export function parseSealedKey(text: string): SealedKey {
  if (!isSealedKey(text)) throw damaged('it is not an encrypted key');
  if (text.length > MAX_SEALED_TEXT) throw damaged(`it is longer than ${MAX_SEALED_TEXT} characters`);
  const words = text.slice(PREFIX.length).split('$');
  const [version, kdf, parameterText = '', salt = '', cipher, nonce = '', tag = '', ciphertext = ''] = words;
  if (version !== VERSION || kdf !== 'scrypt' || cipher !== 'aes-256-gcm') {
    throw new StoreError(
      'unsupported',
      'cannot read the encrypted private key: its format is unknown; use a newer version of this program',
    );
  }
  const parameters = parseScryptParameters(parameterText);
  if (!parameters || words.length !== 8) throw damaged('its parameters are malformed');
  return {
    parameters,
    salt: bytesOf(salt, 'salt', SALT_BYTES),
    nonce: bytesOf(nonce, 'nonce', NONCE_BYTES),
    tag: bytesOf(tag, 'tag', TAG_BYTES),
    ciphertext: bytesOf(ciphertext, 'ciphertext'),
  };
}

/**
 * Decrypts a key.
 *
 * @returns the private key in PEM
 * @throws StoreError `invalid-request` if the password is wrong or the string was changed; `unsupported` if a newer
 *   version of this program wrote it
 */
export async function openSealedKey(text: string, password: string): Promise<string> {
  const { parameters, salt, nonce, tag, ciphertext } = parseSealedKey(text);
  const wrong = 'cannot decrypt the private key: the install password is wrong, or the file was changed';
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw new StoreError('invalid-request', wrong);
  const key = await deriveKeyFromPassword(password, salt, parameters, KEY_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(associatedData(parameters, salt)));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new StoreError('invalid-request', wrong, { cause: error });
  }
}
