import { isUtf8 } from 'node:buffer';
import { digestFromBase64url } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import type { AssertionType } from './assertion-type.js';
import type { Assertion, HeaderMap } from './assertion.js';
import { parseHeaders } from './headers.js';
import { MAX_BODY_BYTES, MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';
import { quote } from './quote.js';
import { assertionType } from './registry.js';
import { decodeSignature } from './signature-packet.js';

/** The empty line between headers, body and signature, with the end of the line before it. */
export const EMPTY_LINE = Buffer.from('\n\n');

/** No leading zeros; up to nine digits, so that any database and any program counts that far. */
const COUNT = /^(?:0|[1-9]\d{0,8})$/;
/** Stands for the signature of what snapd holds in itself; nobody may send it. snapcore/snapd: asserts/builtin.go */
const BUILTIN = /^\$builtin\n*$/;

function invalid(why: string, options?: ErrorOptions): StoreError {
  return new StoreError('invalid-assertion', `cannot decode assertion: ${why}`, options);
}

/** The refusal of a part that is longer than snapd reads. */
export function tooLarge(part: string, limitBytes: number): StoreError {
  return new StoreError('too-large', `cannot decode assertion: ${part} of more than ${limitBytes} bytes`);
}

function textHeader(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`header "${name}" is not a text`);
}

function mandatoryHeader(headers: HeaderMap, name: string): string {
  const value = textHeader(headers, name);
  if (value === undefined) throw invalid(`header "${name}" is missing`);
  if (value === '') throw invalid(`header "${name}" is empty`);
  return value;
}

function countHeader(headers: HeaderMap, name: string): number {
  const value = textHeader(headers, name) ?? '0';
  if (!COUNT.test(value)) throw invalid(`header "${name}" is not a whole number from 0: ${quote(value)}`);
  return Number(value);
}

/**
 * How many bytes the body has, by the headers.
 *
 * @throws StoreError `invalid-assertion` on anything but a number, `too-large` beyond {@link MAX_BODY_BYTES}
 */
export function bodyLength(headers: HeaderMap): number {
  const lengthBytes = countHeader(headers, 'body-length');
  if (lengthBytes > MAX_BODY_BYTES) throw tooLarge('body', MAX_BODY_BYTES);
  return lengthBytes;
}

function readType(headers: HeaderMap): AssertionType {
  const name = mandatoryHeader(headers, 'type');
  const type = assertionType(name);
  if (type) return type;
  throw new StoreError('unsupported', `cannot decode assertion: type ${quote(name)} is not known`);
}

function readAuthority(headers: HeaderMap, type: AssertionType): string | undefined {
  if (!type.noAuthority) return mandatoryHeader(headers, 'authority-id');
  if (headers['authority-id'] === undefined) return undefined;
  throw invalid(`type ${type.name} has no authority, and it has header "authority-id"`);
}

/** What a later format means is not known here, so no check of the type would mean anything. */
function readFormat(headers: HeaderMap, { name, maxFormat }: AssertionType): number {
  const format = countHeader(headers, 'format');
  if (format <= maxFormat) return format;
  throw new StoreError(
    'unsupported',
    `cannot decode ${name} assertion: format ${format} is above the known ${maxFormat}; use a newer release of this program`,
  );
}

/** Optional values that are left out are at their default. */
function readPrimaryKey(headers: HeaderMap, type: AssertionType): string[] {
  return type.primaryKey.map((name) => {
    const isOptional = headers[name] === undefined && Object.hasOwn(type.optionalKeyDefaults, name);
    const value = (isOptional ? type.optionalKeyDefaults[name] : undefined) ?? mandatoryHeader(headers, name);
    if (value.includes('/')) throw invalid(`primary key header "${name}" contains "/": ${quote(value)}`);
    return value;
  });
}

function readSignKeyId(headers: HeaderMap): string {
  const id = mandatoryHeader(headers, 'sign-key-sha3-384');
  try {
    digestFromBase64url(id);
  } catch (error) {
    throw invalid(`header "sign-key-sha3-384" is not a digest: ${quote(id)}`, { cause: error });
  }
  return id;
}

function checkBody(body: Buffer, headers: HeaderMap): void {
  const lengthBytes = bodyLength(headers);
  if (body.length !== lengthBytes)
    throw invalid(`its body has ${body.length} bytes and body-length is ${lengthBytes}`);
  if (!isUtf8(body)) throw invalid('its body is not UTF-8');
}

function checkSignatureText(signature: Buffer): void {
  if (signature.length >= MAX_SIGNATURE_BYTES) throw tooLarge('signature', MAX_SIGNATURE_BYTES);
  if (BUILTIN.test(signature.toString('latin1', 0, 16)))
    throw invalid('it is marked as built in and has no signature');
  decodeSignature(signature);
}

/** Where the parts of an assertion stand in its bytes. */
export interface AssertionParts {
  readonly bytes: Buffer;
  /** Read from the bytes before `headersEnd`. */
  readonly headers: HeaderMap;
  readonly headersEnd: number;
  /** The last empty line begins here. */
  readonly contentEnd: number;
}

/**
 * Checks everything about one assertion that can be checked without others.
 *
 * The signature's packet must be readable, which snapd asks only when it
 * verifies. A format above the type's `maxFormat` is refused here for every
 * type, so that no assertion exists in this program that its type has not
 * checked. (snapd decodes it with the checks that it has, and its database
 * refuses it; what never comes to a database, such as a serial-request, it
 * reads as if the format were known.)
 *
 * @throws StoreError `invalid-assertion`; `unsupported` for a type or a format
 *   that is not known; `too-large` beyond a limit
 * @see snapcore/snapd: asserts/asserts.go, assemble
 */
export function assembleAssertion({ bytes, headers, headersEnd, contentEnd }: AssertionParts): Assertion {
  const content = bytes.subarray(0, contentEnd);
  const body = content.subarray(headersEnd + EMPTY_LINE.length);
  const signature = bytes.subarray(contentEnd + EMPTY_LINE.length);
  checkBody(body, headers);
  const signKeyId = readSignKeyId(headers);
  const type = readType(headers);
  const assertion: Assertion = {
    type,
    headers,
    body,
    content,
    signature,
    bytes,
    authorityId: readAuthority(headers, type),
    format: readFormat(headers, type),
    primaryKey: readPrimaryKey(headers, type),
    assertionRevision: countHeader(headers, 'revision'),
    signKeyId,
  };
  checkSignatureText(signature);
  type.check(assertion);
  return assertion;
}

/**
 * Decodes exactly one assertion.
 *
 * ```
 * headers "\n\n" signature
 * headers "\n\n" body "\n\n" signature
 * ```
 *
 * The last empty line begins the signature, so a body may hold empty lines
 * and nothing may follow the signature's own new line.
 *
 * @returns the assertion, with a copy of the bytes
 * @throws StoreError `invalid-assertion`; `unsupported` for a type or a format
 *   that is not known; `too-large` beyond a limit
 * @see snapcore/snapd: asserts/asserts.go, Decode
 */
export function decodeAssertion(source: Buffer): Assertion {
  const contentEnd = source.lastIndexOf(EMPTY_LINE);
  if (contentEnd === -1) throw invalid('it has no empty line before a signature');
  const firstEmptyLine = source.indexOf(EMPTY_LINE);
  const headersEnd = firstEmptyLine + EMPTY_LINE.length > contentEnd ? contentEnd : firstEmptyLine;
  if (headersEnd + EMPTY_LINE.length > MAX_HEADERS_BYTES) throw tooLarge('headers', MAX_HEADERS_BYTES);
  const headers = parseHeaders(source.subarray(0, headersEnd));
  if (contentEnd - headersEnd - EMPTY_LINE.length > MAX_BODY_BYTES) throw tooLarge('body', MAX_BODY_BYTES);
  return assembleAssertion({ bytes: Buffer.from(source), headers, headersEnd, contentEnd });
}
