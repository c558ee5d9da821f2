import { createHash, sign, type KeyObject } from 'node:crypto';
import { StoreError } from '../../common/errors.js';
import type { AssertionType } from './assertion-type.js';
import type { Assertion, HeaderMap, HeaderValue } from './assertion.js';
import { decodeAssertion, EMPTY_LINE } from './decode.js';
import { formatHeaders } from './headers.js';
import { publicKeyId } from './keys.js';
import { quote } from './quote.js';
import { assertionType } from './registry.js';
import { encodeSignature, signatureSuffix } from './signature-packet.js';

/** The content to be signed, with any key. */
export interface SignContent {
  /** The name of the type. */
  readonly type: string;
  /** The headers. `type`, `body-length` and `sign-key-sha3-384` are always set here. */
  readonly headers: HeaderMap;
  /** UTF-8. */
  readonly body?: Buffer;
  /** The creation time of the signature; the default is now. Nothing checks it. */
  readonly timestamp?: Date;
}

export interface SignRequest extends SignContent {
  /** RSA. */
  readonly privateKey: KeyObject;
}

/** A key that signs anywhere: in this process, or in a token that it never leaves. */
export interface Signer {
  /** RSA. */
  readonly publicKey: KeyObject;
  /** @returns RSASSA-PKCS1-v1_5 over the SHA-512 of these bytes, as long as the modulus */
  readonly sign: (signed: Buffer) => Promise<Buffer>;
}

type Entry = readonly [name: string, value: HeaderValue];

const FIRST = ['format', 'authority-id', 'revision'];
const MADE_HERE = ['type', 'body-length', 'sign-key-sha3-384'];

/** snapcore/snapd: asserts/asserts.go, assembleAndSign */
function orderedHeaders(type: AssertionType, headers: HeaderMap, bodyBytes: number, keyId: string): Entry[] {
  const leftOutAt: Readonly<Record<string, string>> = {
    format: '0',
    revision: '0',
    ...type.optionalKeyDefaults,
  };
  const placed = [...FIRST, ...type.primaryKey];
  const others = Object.keys(headers).filter((name) => !placed.includes(name) && !MADE_HERE.includes(name));
  const entries = [...placed, ...others.toSorted()].flatMap((name): Entry[] => {
    const value = headers[name];
    return value === undefined || (Object.hasOwn(leftOutAt, name) && value === leftOutAt[name])
      ? []
      : [[name, value]];
  });
  const bodyLength: Entry[] = bodyBytes === 0 ? [] : [['body-length', String(bodyBytes)]];
  return [['type', type.name], ...entries, ...bodyLength, ['sign-key-sha3-384', keyId]];
}

/** Encodes a signature value over `signed` in the form of assertions. */
function packSignature(suffix: Buffer, signed: Buffer, value: Buffer): Buffer {
  const digestStart = createHash('sha512').update(signed).digest().subarray(0, 2);
  return encodeSignature({ suffix, digestStart, value });
}

/**
 * Signs any content, well formed or not, with SHA-512, as snapd's own signer does.
 *
 * @returns the encoded signature, without a line end at the end
 * @throws StoreError `invalid-request` if the time cannot be encoded
 * @see snapcore/snapd: asserts/crypto.go, signAndEncode
 */
export function signContent(content: Buffer, privateKey: KeyObject, timestamp: Date): Buffer {
  const suffix = signatureSuffix(timestamp);
  const signed = Buffer.concat([content, suffix]);
  return packSignature(suffix, signed, sign('sha512', signed, privateKey));
}

function writeContent({ type: name, headers, body }: SignContent, keyId: string): Buffer {
  const type = assertionType(name);
  if (!type) throw new StoreError('unsupported', `cannot sign assertion: type ${quote(name)} is unknown`);
  const bodyBytes = body?.length ?? 0;
  const head = formatHeaders(orderedHeaders(type, headers, bodyBytes, keyId));
  return body && bodyBytes > 0 ? Buffer.concat([head, EMPTY_LINE, body]) : head;
}

function readBack(content: Buffer, signature: Buffer): Assertion {
  return decodeAssertion(Buffer.concat([content, EMPTY_LINE, signature, Buffer.from('\n')]));
}

/**
 * Writes and signs an assertion, and reads it back, so that the result passes every check of a reader.
 *
 * The caller must choose a `format` that covers the features in use.
 *
 * @throws StoreError `unsupported` for an unknown type or format; `invalid-assertion` if headers or body are
 *   invalid for the type; `invalid-request` if the key is not RSA or the time cannot be encoded
 * @see snapcore/snapd: asserts/asserts.go, assembleAndSign
 */
export function signAssertion({ privateKey, ...request }: SignRequest): Assertion {
  const content = writeContent(request, publicKeyId(privateKey));
  return readBack(content, signContent(content, privateKey, request.timestamp ?? new Date()));
}

/**
 * As {@link signAssertion}, with a key that may be elsewhere.
 *
 * @throws StoreError as there, and the errors of the signer
 */
export async function signAssertionWith(signer: Signer, request: SignContent): Promise<Assertion> {
  const content = writeContent(request, publicKeyId(signer.publicKey));
  const suffix = signatureSuffix(request.timestamp ?? new Date());
  const signed = Buffer.concat([content, suffix]);
  return readBack(content, packSignature(suffix, signed, await signer.sign(signed)));
}
