import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { clientAddress } from '../common/http/client-address.js';
import { namedArchitecture } from '../common/http/device-headers.js';
import { refuseDeviceSession } from '../common/http/device-session-refusal.js';
import { requestHeader } from '../common/http/request-header.js';
import { SessionsService } from './sessions.service.js';
import { SightingsService } from './sightings.service.js';

/** The paths on which a device with an invalid session is told to renew it. */
const GUARDED = [
  '/v2/snaps/',
  '/api/v1/snaps/download/',
  '/api/v1/snaps/search',
  '/api/v1/snaps/details/',
  '/api/v1/snaps/metadata',
  '/v2/cohorts',
];

/** The paths on which an invalid session is ignored. */
const OPEN = [
  '/v2/assertions/',
  '/api/v1/snaps/assertions/',
  '/api/v1/snaps/names',
  '/api/v1/snaps/sections',
];

type Done = (error?: Error) => void;

/** The session header, in either of snapd's two header families: store/store.go, newRequest. */
function authorizationOf(request: FastifyRequest): string | undefined {
  return (
    requestHeader(request, 'snap-device-authorization') ?? requestHeader(request, 'x-device-authorization')
  );
}

/**
 * Checks the session of a device before a request is answered, and records the visit afterwards. It uses Fastify
 * hooks on these routes only, because a Nest guard would slow down every request.
 */
@Injectable()
export class DeviceGate {
  constructor(
    private readonly sessions: SessionsService,
    private readonly sightings: SightingsService,
  ) {}

  /** Must be called before the routes are created. */
  attach(fastify: Pick<FastifyInstance, 'addHook' | 'decorateRequest'>): void {
    fastify.decorateRequest('deviceSession', null);
    fastify.decorateRequest('hasBadDeviceSession', false);
    fastify.addHook('onRoute', (route) => {
      if (OPEN.some((prefix) => route.url.startsWith(prefix)))
        route.onRequest = [route.onRequest ?? [], this.onOpenRequest].flat();
      if (!GUARDED.some((prefix) => route.url.startsWith(prefix))) return;
      route.onRequest = [route.onRequest ?? [], this.onRequest].flat();
      route.onResponse = [route.onResponse ?? [], this.onResponse].flat();
    });
  }

  private readonly onRequest = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    this.look(request, done, () => refuseDeviceSession(reply));
  };

  private readonly onOpenRequest = (request: FastifyRequest, _reply: FastifyReply, done: Done): void => {
    this.look(request, done, () => {
      request.hasBadDeviceSession = true;
      done();
    });
  };

  private look(request: FastifyRequest, done: Done, onBad: () => void): void {
    const authorization = authorizationOf(request);
    if (authorization === undefined) return done();
    request.deviceSession = this.sessions.recall(authorization) ?? null;
    if (request.deviceSession) return done();
    void this.check(authorization, request, done, onBad);
  }

  private async check(
    authorization: string,
    request: FastifyRequest,
    done: Done,
    onBad: () => void,
  ): Promise<void> {
    try {
      request.deviceSession = (await this.sessions.check(authorization)) ?? null;
    } catch (error) {
      return done(error instanceof Error ? error : new Error(String(error)));
    }
    if (request.deviceSession) done();
    else onBad();
  }

  private readonly onResponse = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    const { deviceSession: session, body } = request;
    if (session && reply.statusCode < 400)
      this.sightings.note({
        session,
        address: clientAddress(request.raw),
        userAgent: request.headers['user-agent'],
        architecture: architectureOf(request),
        context: contextOf(body),
      });
    done();
  };
}

/** Routes that need none may be asked with an invalid one. */
function architectureOf(request: FastifyRequest): string | undefined {
  try {
    return namedArchitecture(request);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

function contextOf(body: unknown): readonly unknown[] | undefined {
  const context = isFields(body) ? body['context'] : undefined;
  return Array.isArray(context) ? context : undefined;
}
