import type { FastifyRequest } from 'fastify';
import { StoreError } from '../errors.js';

/**
 * One parameter of a query, for the requests that devices send all the time: a DTO costs as much as
 * the rest of their answer.
 *
 * @param pattern - what the text must be; a missing parameter is undefined
 * @throws StoreError `invalid-request` where it is something else, or comes twice
 */
export function queryText(request: FastifyRequest, name: string, pattern: RegExp): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && pattern.test(value)) return value;
  const why = Array.isArray(value) ? 'comes more than once' : 'is not as it should be';
  throw new StoreError('invalid-request', `cannot read request: ${name} ${why}`);
}

/** A part of the path that the route names. */
export function pathText(request: FastifyRequest, name: string): string {
  const value = (request.params as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}
