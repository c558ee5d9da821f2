import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { StoreError } from '../common/errors.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** NIST SP 800-38D, section 8.2: 96 random bits. One key wraps far fewer than 2^32 values. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_BYTES = 8;

const KEY_LINE = /^snap-store-proxy-secrets-key-v1 ([A-Za-z0-9_-]{43})$/;
const WRAPPED = /^\$wrapped\$v1\$([0-9a-f]{16})\$([A-Za-z0-9+/]+={0,2})$/;

/** The most keys in one file: the one in use, and some older or future ones. */
export const MAX_KEYS_IN_FILE = 16;

/** A key that wraps secrets. */
export interface SecretsKey {
  /** Sixteen hexadecimal digits that identify the key and reveal nothing about it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** Where a wrapped value is kept. A value that was moved to another place cannot be unwrapped. */
export interface SecretPlace {
  readonly table: string;
  /** The primary key of its row. */
  readonly row: readonly string[];
  /** The name in messages, such as `proxy.tls.key`. */
  readonly name: string;
}

function keyOf(bytes: Buffer): SecretsKey {
  const digest = createHash('sha256').update('snap-store-proxy secrets key\0').update(bytes).digest();
  return { id: digest.subarray(0, ID_BYTES).toString('hex'), bytes };
}

/** Makes a key of 256 random bits. */
export function makeSecretsKey(): SecretsKey {
  return keyOf(randomBytes(KEY_BYTES));
}

/** Formats keys for a file, one per line. */
export function formatSecretsKeys(keys: readonly SecretsKey[]): string {
  return keys.map(({ bytes }) => `snap-store-proxy-secrets-key-v1 ${bytes.toString('base64url')}\n`).join('');
}

/**
 * Parses what {@link formatSecretsKeys} wrote.
 *
 * @param source - how a message names the string
 * @throws StoreError `invalid-request` if a line is invalid or there is no key; the message repeats no part of
 *   it
 */
export function parseSecretsKeys(text: string, source: string): SecretsKey[] {
  const refuse = (why: string) => new StoreError('invalid-request', `cannot read ${source}: ${why}`);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw refuse('it contains no secrets key');
  if (lines.length > MAX_KEYS_IN_FILE) throw refuse(`it contains more than ${MAX_KEYS_IN_FILE} keys`);
  return lines.map((line, index) => {
    const [, encoded] = KEY_LINE.exec(line.trim()) ?? [];
    if (encoded === undefined)
      throw refuse(`line ${index + 1} is not a secrets key as printed by \`secrets-key export\``);
    return keyOf(Buffer.from(encoded, 'base64url'));
  });
}

/** The data that is authenticated along with a value: its place. So the value can be unwrapped only there. */
function placeBytes({ table, row }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(['snap-store-proxy secret v1', table, ...row]));
}

/** Wraps a secret for its place: AES-256-GCM, with the place as associated data. */
export function wrapSecret(key: SecretsKey, place: SecretPlace, clear: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeBytes(place));
  const sealed = Buffer.concat([nonce, cipher.update(clear, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `$wrapped$v1$${key.id}$${sealed.toString('base64')}`;
}

/** The id of the key that wraps a value; undefined for a value in clear. */
export function wrappingKeyId(stored: string): string | undefined {
  return WRAPPED.exec(stored)?.[1];
}

/** The stored form of one secret was changed. Other secrets may still be readable. */
export class UnreadableSecretError extends StoreError {
  constructor(place: SecretPlace, why: string, options: ErrorOptions = {}) {
    super('storage-failed', `cannot read ${place.name}: ${why}; set it again`, options);
  }
}

/**
 * Unwraps a value.
 *
 * @throws UnreadableSecretError if it was changed, or was wrapped for another place
 */
export function openSecret(key: SecretsKey, place: SecretPlace, stored: string): string {
  const sealed = Buffer.from(WRAPPED.exec(stored)?.[2] ?? '', 'base64');
  try {
    const decipher = createDecipheriv(CIPHER, key.bytes, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(placeBytes(place));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const clear = [decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return Buffer.concat(clear).toString('utf8');
  } catch (error) {
    throw new UnreadableSecretError(place, 'its wrapped value was changed, or belongs to another place', {
      cause: error,
    });
  }
}
