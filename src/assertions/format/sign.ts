import { createHash, sign, type KeyObject } from 'node:crypto';
import { StoreError } from '../../common/errors.js';
import type { AssertionType } from './assertion-type.js';
import type { Assertion, HeaderMap, HeaderValue } from './assertion.js';
import { decodeAssertion } from './decode.js';
import { formatHeaders } from './headers.js';
import { encodePublicKey } from './keys.js';
import { signaturePacket, signatureSuffix, wrapBase64 } from './packet.js';
import { assertionType } from './registry.js';

export interface SignRequest {
  readonly type: string;
  /** All headers but type, body-length and sign-key-sha3-384. */
  readonly headers: HeaderMap;
  readonly body?: Buffer;
  /** RSA. */
  readonly privateKey: KeyObject;
  /** When the signature is made; nobody compares it with anything. */
  readonly timestamp?: Date;
}

/** Put in their place by the writer, or made by it. */
const PLACED = new Set(['type', 'format', 'authority-id', 'revision', 'body-length', 'sign-key-sha3-384']);

/** snapcore/snapd: asserts/asserts.go, assembleAndSign (the order of headers) */
function orderedHeaders(
  type: AssertionType,
  headers: HeaderMap,
  body: Buffer,
  keyId: string,
): [string, HeaderValue][] {
  const taken = (name: string): [string, HeaderValue][] =>
    headers[name] === undefined ? [] : [[name, headers[name]]];
  const unlessDefault = (name: string, value: string | undefined) =>
    headers[name] === value ? [] : taken(name);
  const others = Object.keys(headers).filter((name) => !PLACED.has(name) && !type.primaryKey.includes(name));
  return [
    ['type', type.name],
    ...unlessDefault('format', '0'),
    ...taken('authority-id'),
    ...unlessDefault('revision', '0'),
    ...type.primaryKey.flatMap((name) => unlessDefault(name, type.optionalKeyDefaults[name])),
    ...others.toSorted().flatMap(taken),
    ...(body.length > 0 ? ([['body-length', String(body.length)]] as [string, HeaderValue][]) : []),
    ['sign-key-sha3-384', keyId],
  ];
}

/**
 * Signs an assertion with SHA-512, and reads it back, so that what it returns passes its own checks.
 *
 * @throws StoreError `unsupported` for a type that is not known, `invalid-assertion` where headers or body are not as the type wants them
 */
export function signAssertion({
  type: name,
  headers,
  body = Buffer.alloc(0),
  privateKey,
  timestamp = new Date(),
}: SignRequest): Assertion {
  const type = assertionType(name);
  if (!type)
    throw new StoreError('unsupported', `cannot sign assertion: type ${JSON.stringify(name)} is not known`);
  const head = Buffer.from(
    formatHeaders(orderedHeaders(type, headers, body, encodePublicKey(privateKey).id)),
  );
  const content = body.length > 0 ? Buffer.concat([head, Buffer.from('\n\n'), body]) : head;
  const suffix = signatureSuffix(timestamp);
  const signed = Buffer.concat([content, suffix]);
  const digestStart = createHash('sha512').update(signed).digest().subarray(0, 2);
  const packet = signaturePacket(suffix, digestStart, sign('sha512', signed, privateKey));
  return decodeAssertion(Buffer.concat([content, Buffer.from(`\n\n${wrapBase64(packet)}\n`)]));
}
