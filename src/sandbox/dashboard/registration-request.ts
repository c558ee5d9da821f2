import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { MAX_RSA_BITS, MIN_RSA_BITS, rsaProblem } from '../../common/crypto/rsa-key.js';
import { isFields } from '../../common/domain/json.js';
import { MAX_STORE_ID_LENGTH } from '../../common/domain/words.js';
import { plainStoreUrl } from '../../common/http/store-url.js';
import { DashboardError } from './dashboard-error.js';

export const MAX_NONCE_LENGTH = 128;
export const MAX_URL_LENGTH = 2_048;
export const MAX_PUBLIC_KEY_LENGTH = 8_192;
export const MAX_SIGNATURE_LENGTH = 4_096;
export const MAX_SURVEY_ENTRIES = 100;
export const MAX_SURVEY_TEXT_LENGTH = 4_096;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The registration request of a store. */
export interface SentRegistration {
  readonly nonce: string;
  readonly url: string;
  /** As it was sent. */
  readonly publicKey: string;
  readonly key: KeyObject;
  readonly signature: Buffer;
  readonly storeId?: string;
  readonly survey?: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

function invalid(why: string, options?: ErrorOptions): DashboardError {
  return new DashboardError('invalid-request', `cannot register the store: ${why}`, options);
}

function text(fields: Fields, name: string, maxLength: number): string {
  const value = fields[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  throw invalid(`${name} must be a string of 1 to ${maxLength} characters`);
}

/** Accepts only scheme, host, port and path, in normalized form. */
function checkUrl(url: string): string {
  if (plainStoreUrl(url) === url) return url;
  throw invalid(
    `${JSON.stringify(url)} must be an http or https URL with a host and, if they are not the default ones, a port and a path, and nothing else`,
  );
}

/** `createPublicKey` would also accept a private key, and private keys must not be sent. */
function readKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw new Error('no public key');
    key = createPublicKey(pem);
  } catch (error) {
    throw invalid('public-key must be a public key in PEM', { cause: error });
  }
  if (rsaProblem(key) !== undefined)
    throw invalid(`public-key must be an RSA key of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`);
  return key;
}

function readSignature(encoded: string): Buffer {
  if (!BASE64.test(encoded)) throw invalid('signature must be base64');
  return Buffer.from(encoded, 'base64');
}

function readSurvey(value: unknown): Readonly<Record<string, string>> {
  const entries = isFields(value) ? Object.entries(value) : [];
  const isText = (one: unknown) => typeof one === 'string' && one.length <= MAX_SURVEY_TEXT_LENGTH;
  if (!isFields(value) || entries.length > MAX_SURVEY_ENTRIES)
    throw invalid(`survey must be an object of at most ${MAX_SURVEY_ENTRIES} answers`);
  if (!entries.every(([question, answer]) => isText(question) && isText(answer)))
    throw invalid(
      `questions and answers of the survey must be strings of at most ${MAX_SURVEY_TEXT_LENGTH} characters`,
    );
  return Object.fromEntries(entries as [string, string][]);
}

/** @throws DashboardError `invalid-request` naming the missing or invalid field */
export function readRegistration(body: unknown): SentRegistration {
  if (!isFields(body)) throw invalid('the body must be a JSON object');
  const fields = body;
  const publicKey = text(fields, 'public-key', MAX_PUBLIC_KEY_LENGTH);
  return {
    nonce: text(fields, 'nonce', MAX_NONCE_LENGTH),
    url: checkUrl(text(fields, 'url', MAX_URL_LENGTH)),
    publicKey,
    key: readKey(publicKey),
    signature: readSignature(text(fields, 'signature', MAX_SIGNATURE_LENGTH)),
    ...(fields['store-id'] !== undefined && { storeId: text(fields, 'store-id', MAX_STORE_ID_LENGTH) }),
    ...(fields['survey'] !== undefined && { survey: readSurvey(fields['survey']) }),
  };
}

/** @throws DashboardError `invalid-signature` if the key did not sign this nonce and url */
export function checkSignature({ nonce, url, key, signature }: SentRegistration): void {
  const signed = Buffer.from(`snap-store-proxy registration\n${nonce}\n${url}\n`);
  if (!verify('sha512', signed, key, signature))
    throw new DashboardError(
      'invalid-signature',
      'cannot register the store: the signature does not match this public-key, nonce and url',
    );
}
