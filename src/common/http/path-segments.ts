import type { FastifyRequest } from 'fastify';
import { StoreError } from '../errors.js';

/**
 * The values of a path from a parameter on: first split, then decoded once, because a value may contain an encoded
 * slash or space.
 *
 * @param parameter - the first one, as the route names it
 * @throws StoreError `invalid-request` on one that is not percent-encoded UTF-8
 */
export function pathSegments(request: FastifyRequest, parameter: string): string[] {
  const [path = ''] = request.raw.url?.split('?') ?? [];
  const first = (request.routeOptions.url ?? '').split('/').indexOf(`:${parameter}`);
  try {
    return path
      .split('/')
      .slice(first)
      .map((segment) => decodeURIComponent(segment));
  } catch (error) {
    throw new StoreError(
      'invalid-request',
      `cannot read ${JSON.stringify(path)}: it is not percent-encoded UTF-8`,
      { cause: error },
    );
  }
}
