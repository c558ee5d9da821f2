import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../common/http/client-address.js';
import { REQUEST_ID_HEADER } from '../common/http/problem.view.js';
import type { LogFields } from '../common/log-entry.js';
import { isProbe } from '../front/doors.js';
import { LOG_DOWNLOADS, LOG_LEVEL } from '../settings/log.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { LineBudget } from './line-budget.js';
import type { ServerLogger } from './server-logger.js';

const DOWNLOADS = '/api/v1/snaps/download/';

/** What is asked again and again, and says nothing about devices or operators. */
function isRoutine(url: string): boolean {
  return isProbe(url) || url === '/metrics';
}

/** One line for each answer, at level `info`. */
@Injectable()
export class AccessLogGate {
  private logsDownloads = false;
  private readonly budget = new LineBudget();

  constructor(private readonly settings: SettingsService) {}

  /** Must come before the routes. Follows the settings from now on. */
  async attach(fastify: Pick<FastifyInstance, 'addHook'>, logger: ServerLogger): Promise<void> {
    fastify.addHook('onResponse', (request, reply, done) => {
      if (logger.writes('info') && this.isLogged(request) && this.hasRoom(logger, request))
        writeTo(logger, request, reply);
      done();
    });
    const read = async () => {
      try {
        logger.level = await this.settings.get(LOG_LEVEL);
        this.logsDownloads = await this.settings.get(LOG_DOWNLOADS);
      } catch {
        // While the database is unavailable, the last known values stay in use.
      }
    };
    await this.settings.watch(() => void read());
    await read();
  }

  /** What operators and tokens do is always logged; there are few of them. */
  private hasRoom(logger: ServerLogger, { principal }: FastifyRequest): boolean {
    return (
      Boolean(principal) ||
      this.budget.take((leftOut) =>
        logger.info(`${leftOut} more requests were answered within a second, which are not logged`, {
          'not-logged': leftOut,
        }),
      )
    );
  }

  private isLogged({ url }: FastifyRequest): boolean {
    if (url.startsWith(DOWNLOADS)) return this.logsDownloads;
    return !isRoutine(url);
  }
}

function writeTo(logger: ServerLogger, request: FastifyRequest, reply: FastifyReply): void {
  const { method } = request;
  const route = request.routeOptions.url;
  const ms = Math.round(reply.elapsedTime);
  logger.info(`${method} ${route ?? 'unknown path'}: ${reply.statusCode} in ${ms} ms`, {
    'request-id': requestIdOf(request, reply),
    method,
    route,
    status: reply.statusCode,
    ms,
    address: clientAddress(request),
    ...who(request),
  });
}

/** That of management is also in its answer and in the audit trail; that of a device is only here. */
function requestIdOf(request: FastifyRequest, reply: FastifyReply): string {
  return reply.getHeader(REQUEST_ID_HEADER)?.toString() ?? request.id;
}

/** Who asked. Nobody has verified a serial with `trust` unknown, so another device may have sent it. */
function who({ principal, deviceSession }: FastifyRequest): LogFields {
  if (principal) return { [principal.kind]: principal.name };
  if (!deviceSession) return {};
  const { brandId, model, serial, trust } = deviceSession;
  return { brand: brandId, model, serial, ...(trust === 'unknown' && { trust }) };
}
