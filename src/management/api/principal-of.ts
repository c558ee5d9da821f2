import type { FastifyRequest } from 'fastify';
import type { Principal } from '../principal.js';

/** Who asks, on a route that the gate guards. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal) return principal;
  throw new Error('this route asks who asks, and lets everybody in');
}
