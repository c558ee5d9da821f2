import { Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { actAs } from '../../management/api/admin.gate.js';
import { ActorContextService } from '../../management/audit/actor-context.service.js';
import { ManagementGuard } from '../../management/management.guard.js';
import { OVERRIDES_PATH } from './overrides.view.js';

/** Authenticates before the body is read. Guards of Nest run after that. */
@Injectable()
export class OverridesGate {
  constructor(
    private readonly guard: ManagementGuard,
    private readonly actors: ActorContextService,
  ) {}

  /** Must be registered before the routes. */
  attach(fastify: Pick<FastifyInstance, 'addHook'>): void {
    fastify.addHook('onRoute', (route) => {
      if (!route.url.startsWith(OVERRIDES_PATH)) return;
      route.onRequest = [route.onRequest ?? [], this.onRequest].flat();
      route.preHandler = [route.preHandler ?? [], actAs(this.actors)].flat();
    });
  }

  private readonly onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    await this.guard.canActivate(new ExecutionContextHost([request, reply]));
  };
}
