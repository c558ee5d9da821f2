import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { StoreError } from '../errors.js';

/** The cost of a password: N is 2 to the power of `costLog2`. */
export interface ScryptParameters {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

/** About 400 ms and 128 MiB per password. */
export const SCRYPT: ScryptParameters = { costLog2: 17, blockSize: 8, parallelization: 1 };

/**
 * For a password that strangers can send to a server, about 100 ms and 32 MiB: no request of theirs may cost
 * more. To guess offline, an attacker first needs the database.
 */
export const LOGIN_SCRYPT: ScryptParameters = { costLog2: 15, blockSize: 8, parallelization: 1 };

/** A file with higher costs would only exhaust the machine; one with lower costs protects nothing. */
export const MIN_COST_LOG2 = 14;
export const MAX_COST_LOG2 = 18;
export const MAX_BLOCK_SIZE = 8;
export const MAX_PARALLELIZATION = 4;

export const MIN_PASSWORD_BYTES = 8;
export const MAX_PASSWORD_BYTES = 1_024;
export const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PARAMETERS = /^ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})$/;
const HASH = /^\$scrypt\$([^$]+)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** Base64 without padding, as in the strings of the password hashing competition. */
export function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

export function formatScryptParameters({ costLog2, blockSize, parallelization }: ScryptParameters): string {
  return `ln=${costLog2},r=${blockSize},p=${parallelization}`;
}

/** @returns undefined if the string is invalid, or has higher or lower costs than this program accepts */
export function parseScryptParameters(text: string): ScryptParameters | undefined {
  const [costLog2 = 0, blockSize = 0, parallelization = 0] = (PARAMETERS.exec(text) ?? [])
    .slice(1)
    .map(Number);
  const isUsable =
    costLog2 >= MIN_COST_LOG2 &&
    costLog2 <= MAX_COST_LOG2 &&
    blockSize >= 1 &&
    blockSize <= MAX_BLOCK_SIZE &&
    parallelization >= 1 &&
    parallelization <= MAX_PARALLELIZATION;
  return isUsable ? { costLog2, blockSize, parallelization } : undefined;
}

/** Derives key material from a password, in Node's thread pool. */
export async function deriveKeyFromPassword(
  password: string,
  salt: Buffer,
  { costLog2, blockSize, parallelization }: ScryptParameters,
  lengthBytes: number,
): Promise<Buffer> {
  const cost = 2 ** costLog2;
  // Node refuses to use more than `maxmem`. RFC 7914 needs 128 * r * (N + p) and a little more.
  const maxmem = 128 * blockSize * (cost + parallelization + 2);
  return await new Promise((settle, fail) => {
    scrypt(
      password.normalize('NFC'),
      salt,
      lengthBytes,
      { N: cost, r: blockSize, p: parallelization, maxmem },
      (error, key) => (error ? fail(error) : settle(key)),
    );
  });
}

/**
 * Refuses a password that is too short to protect anything, or longer than the limit.
 *
 * @param purpose - its name in the message
 * @throws StoreError `invalid-request`
 */
export function checkNewPassword(password: string, purpose: string): void {
  const bytes = Buffer.byteLength(password.normalize('NFC'));
  if (bytes >= MIN_PASSWORD_BYTES && bytes <= MAX_PASSWORD_BYTES) return;
  throw new StoreError(
    'invalid-request',
    `cannot use that ${purpose}: it has ${bytes} bytes, give ${MIN_PASSWORD_BYTES} to ${MAX_PASSWORD_BYTES}`,
  );
}

/** @returns `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, which includes its parameters */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveKeyFromPassword(password, salt, LOGIN_SCRYPT, HASH_BYTES);
  return `$scrypt$${formatScryptParameters(LOGIN_SCRYPT)}$${unpadded(salt)}$${unpadded(hash)}`;
}

interface PasswordHash {
  readonly parameters: ScryptParameters;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** @returns undefined if the string is not a result of {@link hashPassword} */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, parameterText = '', salt = '', hash = ''] = HASH.exec(text) ?? [];
  const parameters = parseScryptParameters(parameterText);
  return parameters && { parameters, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/** Whether the password matches the hash; `false` for a string that is not a hash. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parsePasswordHash(stored);
  if (!parsed || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false;
  return timingSafeEqual(
    await deriveKeyFromPassword(password, parsed.salt, parsed.parameters, parsed.hash.length),
    parsed.hash,
  );
}
