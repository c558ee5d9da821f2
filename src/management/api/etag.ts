import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { names } from '../../common/http/preconditions.js';
import type { ChangeOptions } from '../change-options.js';
import type { Expectation } from '../operators.service.js';

/** Tells one state of something from another, by what is shown of it. */
export function etagOf(view: object): string {
  return `"${createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 22)}"`;
}

/** Refuses a change of what is not in the state that `If-Match` names, which is that of the last answer to its caller. */
export function ifMatch<T>({ headers }: FastifyRequest, view: (present: T) => object): Expectation<T> {
  const expected = headers['if-match'];
  return (present) => {
    if (expected === undefined || names(expected, etagOf(view(present)), 'strong')) return;
    throw new StoreError(
      'precondition-failed',
      'cannot change it: it was changed since If-Match was read; read it again, and decide again',
    );
  };
}

/**
 * How a change is made: it is refused if `If-Match` names another state, and its answer has the `ETag` of the new one.
 *
 * @param view - what the ETag is made of, as in the answer to a GET
 */
export function changeOptions<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  view: (state: T) => object,
  dryRun = false,
): ChangeOptions<T> {
  const settled = (after: T) => void reply.header('etag', etagOf(view(after)));
  return { expect: ifMatch(request, view), dryRun, ...(!dryRun && { settled }) };
}
