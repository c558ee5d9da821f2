import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Assertion } from '../../assertions/format/assertion.js';
import { decodeStream } from '../../assertions/format/stream.js';
import { privatePem, publicPem } from '../../common/crypto/pem.js';
import { rsaProblem } from '../../common/crypto/rsa-key.js';
import { isFields } from '../../common/domain/json.js';
import { isStoreId } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { isSealedKey, openSealedKey, parseSealedKey } from './sealed-key.js';

/** Largest registration; a key pair and a stream of a few assertions have about 20 KiB. */
export const MAX_REGISTRATION_BYTES = 1 << 20;
/** RFC 1035, section 2.3.4. */
export const MAX_DOMAIN_LENGTH = 253;
const DOMAIN = /^[^\s/\p{Cc}]+$/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** The result of a registration: everything that a machine needs to be this store. */
export interface Registration {
  /** The host that devices use. */
  readonly domain: string;
  /** PKCS#8 in PEM, or encrypted with the install password (`sealed-key.ts`). */
  readonly privateKey: string;
  /** SPKI in PEM. */
  readonly publicKey: string;
  readonly storeId: string;
  /**
   * The stream of account-keys, the operator's account and the store assertion. Only the store assertion is
   * required.
   */
  readonly storeAssertion: string;
}

function invalid(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-request', `cannot read the registration: ${why}`, { cause });
}

/** @returns the content of `registration_bundle.b64`: one line of base64 */
export function encodeRegistration(registration: Registration): string {
  const document = {
    domain: registration.domain,
    private_key: registration.privateKey,
    public_key: registration.publicKey,
    store_id: registration.storeId,
    store_assertion: registration.storeAssertion,
  };
  return `${Buffer.from(JSON.stringify(document)).toString('base64')}\n`;
}

function parseDocument(content: Buffer): Readonly<Record<string, unknown>> {
  if (content.length > MAX_REGISTRATION_BYTES)
    throw invalid(`it is longer than ${MAX_REGISTRATION_BYTES} bytes`);
  const text = content.toString('latin1').replace(/[ \t\r\n]/g, '');
  if (text === '' || !BASE64.test(text)) throw invalid('it is not base64');
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64')));
  } catch (error) {
    throw invalid('it is not JSON in base64', error);
  }
  if (!isFields(document)) throw invalid('it is not a JSON object');
  return document;
}

function textOf(document: Readonly<Record<string, unknown>>, field: string): string {
  const text = Object.hasOwn(document, field) ? document[field] : undefined;
  if (typeof text === 'string' && text !== '' && !text.includes('\0')) return text;
  throw invalid(`${field} is missing or not a string`);
}

function checkRsa(field: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw invalid(`${field} is not a key in PEM`, error);
  }
  const problem = rsaProblem(key);
  if (problem !== undefined) throw invalid(`${field} ${problem}`);
  return key;
}

function readPublicKey(text: string): string {
  // Node would also accept a private key, and a private key must not be stored where it is shown.
  if (!/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text))
    throw invalid('public_key is not a public key in PEM');
  return publicPem(checkRsa('public_key', () => createPublicKey(text)));
}

/** @returns the private key in PKCS#8, whatever its PEM was. It must match the public key */
function readPrivateKey(text: string, publicKey: string): string {
  const key = checkRsa('private_key', () => createPrivateKey(text));
  if (publicPem(key) !== publicKey) throw invalid('private_key and public_key do not match');
  return privatePem(key);
}

function checkStoreAssertion(stream: string, storeId: string): void {
  let assertions: Assertion[];
  try {
    assertions = decodeStream(Buffer.from(stream));
  } catch (error) {
    throw invalid(`store_assertion: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const isStore = ({ type, primaryKey }: Assertion) => type.name === 'store' && primaryKey[0] === storeId;
  if (!assertions.some(isStore)) throw invalid(`store_assertion holds no store assertion of ${storeId}`);
}

/** A registration as another tool wrote it: strings, of which only the store assertion is checked. */
export interface WrittenRegistration {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly storeId: string;
  readonly storeAssertion: string;
}

function readWritten(document: Readonly<Record<string, unknown>>): WrittenRegistration {
  const storeId = textOf(document, 'store_id');
  if (!isStoreId(storeId)) throw invalid('store_id is not a store id');
  const publicKey = textOf(document, 'public_key');
  const privateKey = textOf(document, 'private_key');
  const storeAssertion = textOf(document, 'store_assertion');
  checkStoreAssertion(storeAssertion, storeId);
  return { privateKey, publicKey, storeId, storeAssertion };
}

/**
 * Reads `registration_bundle.b64` of any tool; its keys and its domain may have any format.
 *
 * @throws StoreError `invalid-request` naming the invalid field
 */
export function decodeWrittenRegistration(content: Buffer): WrittenRegistration {
  return readWritten(parseDocument(content));
}

/**
 * Reads `registration_bundle.b64` as this program writes it. Unknown fields are ignored. Nothing is verified yet: the
 * caller must verify the chain of the store assertion.
 *
 * @throws StoreError `invalid-request` naming the invalid field; `unsupported` if a newer version of this program
 *   encrypted the key
 */
export function decodeRegistration(content: Buffer): Registration {
  const document = parseDocument(content);
  const domain = textOf(document, 'domain');
  if (domain.length > MAX_DOMAIN_LENGTH || !DOMAIN.test(domain))
    throw invalid('domain is not a host name or an IP address');
  const written = readWritten(document);
  const publicKey = readPublicKey(written.publicKey);
  const key = written.privateKey;
  if (isSealedKey(key)) parseSealedKey(key);
  const privateKey = isSealedKey(key) ? key : readPrivateKey(key, publicKey);
  return { ...written, domain, privateKey, publicKey };
}

/**
 * Decrypts the private key of a registration with the install password.
 *
 * @returns the registration with its key in PEM; unchanged if the key is not encrypted
 * @throws StoreError `invalid-request` if the password is wrong, or if the key does not match the public key
 */
export async function openRegistration(registration: Registration, password: string): Promise<Registration> {
  if (!isSealedKey(registration.privateKey)) return registration;
  const opened = await openSealedKey(registration.privateKey, password);
  return { ...registration, privateKey: readPrivateKey(opened, registration.publicKey) };
}
