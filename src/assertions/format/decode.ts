import { digestFromBase64url } from '../../common/digest.js';
import { StoreError } from '../../common/errors.js';
import type { AssertionType } from './assertion-type.js';
import type { Assertion, HeaderMap } from './assertion.js';
import { parseHeaders } from './headers.js';
import { MAX_BODY_BYTES, MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';
import { readSignaturePacket } from './packet.js';
import { assertionType } from './registry.js';

/** Between headers, body and signature. */
export const SEPARATOR = Buffer.from('\n\n');

const INTEGER = /^(?:0|[1-9]\d{0,8})$/;

function invalid(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-assertion', `cannot decode assertion: ${why}`, { cause });
}

function textHeader(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`header ${JSON.stringify(name)} is not a text`);
}

function requiredHeader(headers: HeaderMap, name: string): string {
  const value = textHeader(headers, name);
  if (value === undefined) throw invalid(`header ${JSON.stringify(name)} is missing`);
  if (value === '') throw invalid(`header ${JSON.stringify(name)} is empty`);
  return value;
}

/** A count without leading zeros, from 0. */
function countHeader(headers: HeaderMap, name: string): number {
  const value = textHeader(headers, name) ?? '0';
  if (!INTEGER.test(value))
    throw invalid(
      `header ${JSON.stringify(name)} is not a number from 0: ${JSON.stringify(value.slice(0, 40))}`,
    );
  return Number(value);
}

/** How long the body is, by the headers. */
export function bodyLengthOf(headers: HeaderMap): number {
  const length = countHeader(headers, 'body-length');
  if (length > MAX_BODY_BYTES) throw invalid(`its body is longer than ${MAX_BODY_BYTES} bytes`);
  return length;
}

function readType(headers: HeaderMap): AssertionType {
  const name = requiredHeader(headers, 'type');
  const type = assertionType(name);
  if (type) return type;
  throw new StoreError(
    'unsupported',
    `cannot decode assertion: type ${JSON.stringify(name.slice(0, 80))} is not known`,
  );
}

function readAuthority(headers: HeaderMap, type: AssertionType): string | undefined {
  if (!type.noAuthority) return requiredHeader(headers, 'authority-id');
  if (headers['authority-id'] === undefined) return undefined;
  throw invalid(`a ${type.name} cannot have an authority-id`);
}

/** The primary key in full; optional values that are left out are at their default. */
function readPrimaryKey(headers: HeaderMap, type: AssertionType): string[] {
  return type.primaryKey.map((name) => {
    const value = headers[name] === undefined ? type.optionalKeyDefaults[name] : undefined;
    const key = value ?? requiredHeader(headers, name);
    if (key.includes('/')) throw invalid(`primary key header ${JSON.stringify(name)} has a "/"`);
    return key;
  });
}

function readSignKeyId(headers: HeaderMap): string {
  const id = requiredHeader(headers, 'sign-key-sha3-384');
  try {
    digestFromBase64url(id);
  } catch (error) {
    throw invalid('header "sign-key-sha3-384" is not a digest', error);
  }
  return id;
}

/**
 * Puts an assertion together from its parts and checks everything that can be checked without
 * others. The type's own rules are not asked for a format that is newer than this program.
 *
 * @param content - headers, or headers, empty line and body
 * @param signature - base64, its final newline included
 * @throws StoreError `invalid-assertion`, or `unsupported` for a type that is not known
 * @see snapcore/snapd: asserts/asserts.go, assemble
 */
export function assembleAssertion(
  headers: HeaderMap,
  body: Buffer,
  content: Buffer,
  signature: Buffer,
): Assertion {
  if (bodyLengthOf(headers) !== body.length)
    throw invalid(
      `its body has ${body.length} bytes, body-length says ${textHeader(headers, 'body-length') ?? '0'}`,
    );
  if (signature.length > MAX_SIGNATURE_BYTES)
    throw invalid(`its signature is longer than ${MAX_SIGNATURE_BYTES} bytes`);
  checkUtf8(body);
  const signKeyId = readSignKeyId(headers);
  const type = readType(headers);
  const assertion: Assertion = {
    type,
    headers,
    body,
    content,
    signature,
    bytes: Buffer.concat([content, SEPARATOR, signature]),
    authorityId: readAuthority(headers, type),
    primaryKey: readPrimaryKey(headers, type),
    assertionRevision: countHeader(headers, 'revision'),
    format: countHeader(headers, 'format'),
    signKeyId,
  };
  if (signature.toString('latin1').trim() === '') throw invalid('its signature is empty');
  readSignaturePacket(signature);
  if (assertion.format <= type.maxFormat) type.check(assertion);
  return assertion;
}

function checkUtf8(body: Buffer): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw invalid('its body is not UTF-8', error);
  }
}

/**
 * Decodes exactly one assertion.
 *
 * ```
 * headers "\n\n" signature
 * headers "\n\n" body "\n\n" signature
 * ```
 *
 * @throws StoreError `invalid-assertion`, or `unsupported` for a type that is not known
 * @see snapcore/snapd: asserts/asserts.go, Decode
 */
export function decodeAssertion(bytes: Buffer): Assertion {
  const contentEnd = bytes.lastIndexOf(SEPARATOR);
  if (contentEnd === -1) throw invalid('content and signature are not separated by an empty line');
  const content = bytes.subarray(0, contentEnd);
  const headersEnd = content.indexOf(SEPARATOR);
  const headerBytes = headersEnd === -1 ? content : content.subarray(0, headersEnd);
  if (headerBytes.length > MAX_HEADERS_BYTES)
    throw invalid(`its headers are longer than ${MAX_HEADERS_BYTES} bytes`);
  const body = headersEnd === -1 ? Buffer.alloc(0) : content.subarray(headersEnd + SEPARATOR.length);
  return assembleAssertion(
    parseHeaders(headerBytes),
    body,
    content,
    bytes.subarray(contentEnd + SEPARATOR.length),
  );
}
