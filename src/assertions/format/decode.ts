import { isUtf8 } from 'node:buffer';
import { digestFromBase64url } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import type { AssertionType } from './assertion-type.js';
import type { Assertion, HeaderMap } from './assertion.js';
import { parseHeaders } from './headers.js';
import { MAX_ASSERTION_BODY_BYTES, MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';
import { quote } from './quote.js';
import { assertionType } from './registry.js';
import { decodeSignature } from './signature-packet.js';

/** The empty line between headers, body and signature, including the preceding line end. */
export const EMPTY_LINE = Buffer.from('\n\n');

/** No leading zeros, and up to nine digits, which every database and program can count. */
const COUNT = /^(?:0|[1-9]\d{0,8})$/;
/**
 * Replaces the signature of assertions that are built into snapd. It is refused from outside. snapcore/snapd:
 * asserts/builtin.go
 */
const BUILTIN = /^\$builtin\n*$/;

function invalid(why: string, options?: ErrorOptions): StoreError {
  return new StoreError('invalid-assertion', `cannot decode assertion: ${why}`, options);
}

/** The error for a part that is longer than snapd reads. */
export function tooLarge(part: string, limitBytes: number): StoreError {
  return new StoreError('too-large', `cannot decode assertion: ${part} of more than ${limitBytes} bytes`);
}

function textHeader(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`header "${name}" is not a string`);
}

function mandatoryHeader(headers: HeaderMap, name: string): string {
  const value = textHeader(headers, name);
  if (value === undefined) throw invalid(`header "${name}" is missing`);
  if (value === '') throw invalid(`header "${name}" is empty`);
  return value;
}

function countHeader(headers: HeaderMap, name: string): number {
  const value = textHeader(headers, name) ?? '0';
  if (!COUNT.test(value))
    throw invalid(`header "${name}" is not a whole number of at least 0: ${quote(value)}`);
  return Number(value);
}

/**
 * The length of the body in bytes, according to the headers.
 *
 * @throws StoreError `invalid-assertion` on anything but a number, `too-large` beyond {@link MAX_ASSERTION_BODY_BYTES}
 */
export function bodyLength(headers: HeaderMap): number {
  const lengthBytes = countHeader(headers, 'body-length');
  if (lengthBytes > MAX_ASSERTION_BODY_BYTES) throw tooLarge('body', MAX_ASSERTION_BODY_BYTES);
  return lengthBytes;
}

function readType(headers: HeaderMap): AssertionType {
  const name = mandatoryHeader(headers, 'type');
  const type = assertionType(name);
  if (type) return type;
  throw new StoreError('unsupported', `cannot decode assertion: type ${quote(name)} is unknown`);
}

function readAuthority(headers: HeaderMap, type: AssertionType): string | undefined {
  if (!type.noAuthority) return mandatoryHeader(headers, 'authority-id');
  if (headers['authority-id'] === undefined) return undefined;
  throw invalid(`type ${type.name} has no authority, but header "authority-id" is set`);
}

/** The meaning of a later format is unknown, so no check of the type would be reliable. */
function readFormat(headers: HeaderMap, { name, maxFormat }: AssertionType): number {
  const format = countHeader(headers, 'format');
  if (format <= maxFormat) return format;
  throw new StoreError(
    'unsupported',
    `cannot decode ${name} assertion: format ${format} is above the known ${maxFormat}; use a newer release of this program`,
  );
}

/** Missing optional values have their default. */
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
    throw invalid(`its body has ${body.length} bytes, but body-length is ${lengthBytes}`);
  if (!isUtf8(body)) throw invalid('its body is not UTF-8');
}

function checkSignatureText(signature: Buffer): void {
  if (signature.length >= MAX_SIGNATURE_BYTES) throw tooLarge('signature', MAX_SIGNATURE_BYTES);
  if (BUILTIN.test(signature.toString('latin1', 0, 16)))
    throw invalid('it is marked as built in and has no signature');
  decodeSignature(signature);
}

/** The positions of an assertion's parts in its bytes. */
export interface AssertionParts {
  readonly bytes: Buffer;
  /** Read from the bytes before `headersEnd`. */
  readonly headers: HeaderMap;
  readonly headersEnd: number;
  /** The start of the last empty line. */
  readonly contentEnd: number;
}

/**
 * Makes all checks of one assertion that do not need others.
 *
 * The signature's packet must be readable, which snapd requires only for verification. A format above the
 * type's `maxFormat` is refused for every type, so that this program contains no assertion that its type has
 * not checked. (snapd decodes it with its own checks, and its database refuses it. An assertion that never
 * reaches a database, such as a serial-request, is accepted as if the format were known.)
 *
 * @throws StoreError `invalid-assertion`; `unsupported` for an unknown type or format; `too-large` beyond a
 *   limit
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
 * The signature starts after the last empty line. So a body may contain empty lines, and nothing may follow the
 * signature's own line end.
 *
 * @returns the assertion, with a copy of the bytes
 * @throws StoreError `invalid-assertion`; `unsupported` for an unknown type or format; `too-large` beyond a
 *   limit
 * @see snapcore/snapd: asserts/asserts.go, Decode
 */
export function decodeAssertion(source: Buffer): Assertion {
  const contentEnd = source.lastIndexOf(EMPTY_LINE);
  if (contentEnd === -1) throw invalid('it has no empty line before a signature');
  const firstEmptyLine = source.indexOf(EMPTY_LINE);
  const headersEnd = firstEmptyLine + EMPTY_LINE.length > contentEnd ? contentEnd : firstEmptyLine;
  if (headersEnd + EMPTY_LINE.length > MAX_HEADERS_BYTES) throw tooLarge('headers', MAX_HEADERS_BYTES);
  const headers = parseHeaders(source.subarray(0, headersEnd));
  if (contentEnd - headersEnd - EMPTY_LINE.length > MAX_ASSERTION_BODY_BYTES)
    throw tooLarge('body', MAX_ASSERTION_BODY_BYTES);
  return assembleAssertion({ bytes: Buffer.from(source), headers, headersEnd, contentEnd });
}
