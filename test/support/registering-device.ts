import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey, type PublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion, signContent } from '../../src/assertions/format/sign.js';
import { encodeStream } from '../../src/assertions/format/stream.js';

/** What is unusual about a request for a serial; the rest is as it should be. */
export interface OddSerialRequest {
  readonly headers?: HeaderMap;
  /** Signs, and is asked for; what the device has otherwise. */
  readonly key?: KeyObject;
  readonly body?: Buffer;
  /** Sent along, instead of the model. */
  readonly along?: readonly Assertion[];
}

/**
 * What a device says to get a serial.
 *
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, prepareSerialRequest
 */
export function serialRequest(
  model: Assertion,
  key: KeyObject,
  requestId: string,
  { headers, body, along, key: other }: OddSerialRequest = {},
): Buffer {
  const [, brandId = '', name = ''] = model.primaryKey;
  const request = signAssertion({
    type: 'serial-request',
    headers: {
      'brand-id': brandId,
      model: name,
      'request-id': requestId,
      'device-key': encodePublicKey(other ?? key).encoded.toString(),
      ...headers,
    },
    privateKey: other ?? key,
    ...(body && { body }),
  });
  return encodeStream([request, ...(along ?? [model])]);
}

/** What somebody says who has not the private half of the key that it names. */
export interface ForgedSerialRequest {
  readonly requestId: string;
  /** Of the header `device-key`. */
  readonly deviceKey: PublicKey;
  /** Of the header `sign-key-sha3-384`. */
  readonly signKeyId: string;
  /** Signs. */
  readonly key: KeyObject;
  readonly format?: string;
}

/** A request for a serial that no honest program writes: written by hand, as reading it back would refuse it. */
export function forgedSerialRequest(
  model: Assertion,
  { requestId, deviceKey, signKeyId, key, format }: ForgedSerialRequest,
): Buffer {
  const [, brandId = '', name = ''] = model.primaryKey;
  const lines = [
    'type: serial-request',
    ...(format === undefined ? [] : [`format: ${format}`]),
    `brand-id: ${brandId}`,
    `model: ${name}`,
    `request-id: ${requestId}`,
    'device-key:',
    ...deviceKey.encoded
      .toString()
      .split('\n')
      .map((line) => `    ${line}`),
    `sign-key-sha3-384: ${signKeyId}`,
  ];
  const content = Buffer.from(lines.join('\n'));
  const signature = signContent(content, key, new Date());
  return Buffer.concat([content, Buffer.from('\n\n'), signature, Buffer.from('\n\n'), model.bytes]);
}

/** The public half of a key that nobody has, of so many bits: made at once, however large. */
export function nobodysKey(bits: number): PublicKey {
  const modulus = Buffer.alloc(bits / 8, 0xff);
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
  return encodePublicKey(createPublicKey({ key: jwk, format: 'jwk' }));
}
