import type { KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion } from '../../src/assertions/format/sign.js';
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
