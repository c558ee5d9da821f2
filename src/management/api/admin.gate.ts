import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { clientAddress } from '../../common/http/client-address.js';
import { isForManagement } from '../../common/http/door.js';
import { ADMIN_PATH, REQUEST_ID_HEADER } from '../../common/http/problem.view.js';
import { SettingsService } from '../../settings/settings.service.js';
import { ActorContextService } from '../audit/actor-context.service.js';
import { AuthenticationService } from '../authentication.service.js';
import { checkWay } from '../management.guard.js';
import { whyNotAllowed, type Access } from '../principal.js';
import { TOKEN_PREFIX } from '../token.js';
import { sessionSecretOf } from './session-cookie.js';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What a client may name its request. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

const SECRET_PARAMETER = /[?&](?:access[-_]?token|token|password|authorization)=/i;

/** Lets nobody into the management API before it is known who asks, and before any of a body is read. */
@Injectable()
export class AdminGate {
  constructor(
    private readonly authentication: AuthenticationService,
    private readonly settings: SettingsService,
    private readonly actors: ActorContextService,
  ) {}

  /**
   * Must come before the routes.
   *
   * @throws Error at a route that does not say who may use it
   */
  attach(fastify: Pick<FastifyInstance, 'addHook' | 'decorateRequest'>): void {
    fastify.decorateRequest('principal', null);
    fastify.addHook('onRequest', nameRequest);
    fastify.addHook('onRoute', (route) => {
      if (!route.url.startsWith(ADMIN_PATH)) return;
      route.onRequest = [route.onRequest ?? [], this.gateFor(route)].flat();
      route.preHandler = [route.preHandler ?? [], actAs(this.actors)].flat();
    });
  }

  private gateFor(route: RouteOptions) {
    const { access } = route.config ?? {};
    if (access === undefined)
      throw new Error(
        `${String(route.method)} ${route.url} does not say who may use it: add @Allow or @AllowAnyone`,
      );
    return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (access === 'anyone') {
        refuseSecretInUrl(request.url);
        if (!READS.has(request.method)) await checkWay(request, this.settings);
      } else await this.admit(request, reply, access);
    };
  }

  /**
   * Lets in whoever may do something, or nobody.
   *
   * @throws StoreError `unauthorized` or `forbidden`
   */
  async admit(request: FastifyRequest, reply: FastifyReply, access: Access): Promise<void> {
    // The hook of a GET stands before its HEAD too.
    if (request.principal) return;
    refuseSecretInUrl(request.url);
    await checkWay(request, this.settings);
    const { authorization, 'x-csrf-token': csrf } = request.headers;
    try {
      request.principal = await this.authentication.authenticate({
        authorization,
        sessionSecret: sessionSecretOf(request),
        csrf: typeof csrf === 'string' ? csrf : undefined,
        isChange: !READS.has(request.method),
        address: clientAddress(request.raw),
      });
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unauthorized')
        void reply.header('www-authenticate', 'Bearer realm="store management"');
      throw error;
    }
    const why = whyNotAllowed(request.principal, access);
    if (why !== undefined) throw new StoreError('forbidden', `cannot allow that: ${why}`);
  }
}

/** Makes whoever is authenticated the one who does what a route's handler does: a hook for `preHandler`. */
export function actAs(actors: ActorContextService) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { principal } = request;
    if (!principal) return done();
    const { kind, name } = principal;
    const requestId = reply.getHeader(REQUEST_ID_HEADER)?.toString();
    actors.run({ kind, name, address: clientAddress(request.raw), requestId }, done);
  };
}

/** Gives each request of management an id, and keeps its answer out of caches. */
function nameRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (isForManagement(request.raw)) {
    const given = request.headers[REQUEST_ID_HEADER];
    const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    void reply
      .header(REQUEST_ID_HEADER, id)
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff');
  }
  done();
}

function refuseSecretInUrl(url: string): void {
  if (!SECRET_PARAMETER.test(url) && !url.includes(TOKEN_PREFIX)) return;
  throw new StoreError(
    'invalid-request',
    'cannot take a secret in a URL, which proxies and logs keep: send it in the header Authorization, and revoke the one that was sent',
  );
}
