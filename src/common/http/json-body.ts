import { StoreError } from '../errors.js';
import { bodyText, notUtf8 } from './body-text.js';

/**
 * The JSON of a request's body, whatever its `Content-Type`: snapd sometimes omits it.
 *
 * @param body - already decoded by Fastify, or bytes if the type is not JSON or is missing
 * @returns the decoded value
 * @throws StoreError `invalid-request` on bytes that are not JSON in UTF-8
 */
export function readJsonBody(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return body;
  const text = bodyText(body);
  if (text === undefined) throw notUtf8();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new StoreError('invalid-request', 'cannot read request: its body is not JSON', { cause: error });
  }
}
