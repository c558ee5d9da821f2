import type { FastifyInstance } from 'fastify';
import { doorOf, type Door } from '../common/http/door.js';

/** What manages the store. All other paths are for devices. */
const MANAGEMENT = /^\/(?:admin|console|metrics|v2\/metadata\/overrides)(?:\/|$)/;

/** What balancers ask on every listener. They do not wait for their turn, and do not follow redirects. */
const PROBES = /^\/(?:_status\/check|healthz|readyz)(?:$|\?)/;

/** Whether a supervisor asks if the process lives, which it does also while it stops. */
export function isAliveProbe(url: string | undefined): boolean {
  return url === '/healthz';
}

/** Whether a load balancer or a supervisor asks. @param url - with or without a query */
export function isProbe(url: string): boolean {
  return PROBES.test(url);
}

type Strategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];
type Handler = Parameters<ReturnType<Strategy['storage']>['set']>[1];

/** The listener that a route belongs to; undefined for one that is on both. */
function doorOfRoute(url: string): Door | undefined {
  if (isProbe(url)) return undefined;
  return MANAGEMENT.test(url) ? 'management' : 'devices';
}

/**
 * Gives every route to one listener. The router does not find it for requests of the other one, so these are answered
 * exactly like those for unknown paths. Must be called before the routes are defined.
 */
export function separateDoors(fastify: Pick<FastifyInstance, 'addConstraintStrategy' | 'addHook'>): void {
  fastify.addConstraintStrategy({
    name: 'door',
    storage: () => {
      const handlers = new Map<unknown, Handler>();
      return {
        get: (door) => handlers.get(door) ?? null,
        set: (door, handler) => void handlers.set(door, handler),
      };
    },
    deriveConstraint: (request) => doorOf(request) ?? 'devices',
    validate: () => undefined,
    mustMatchWhenDerived: false,
  });
  fastify.addHook('onRoute', (route) => {
    const door = doorOfRoute(route.url);
    if (door !== undefined) route.constraints = { ...route.constraints, door };
  });
}
