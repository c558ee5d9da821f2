import { StoreError } from './errors.js';

/**
 * The JSON of a request's body, whatever its `Content-Type` says: snapd leaves it out here and there.
 *
 * @param body - decoded by Fastify already, or bytes where the type is not JSON's or is missing
 * @returns the decoded value
 * @throws StoreError `invalid-request` on bytes that are no JSON
 */
export function readJsonBody(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return body;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    throw new StoreError('invalid-request', 'cannot read request: its body is not JSON', { cause: error });
  }
}
