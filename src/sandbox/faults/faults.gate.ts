import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from '../../common/http/json-reply.js';
import type { Fault } from './fault.js';
import { FaultsService } from './faults.service.js';
import { disturbBody } from './faulty-body.js';
import { redirectionOf, RedirectOption, withoutRedirect } from './redirects.js';

/** Paths below this one control the sandbox. No fault applies to them. */
export const CONTROL_PATH = '/sandbox/';

const BUSY = 429;
const UNAVAILABLE = 503;

function refuse(reply: FastifyReply, { kind, retryAfterSeconds }: Fault): void {
  void reply.code(kind === 'busy' ? BUSY : UNAVAILABLE);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
  sendJson(reply, { 'error-list': [{ code: kind, message: 'a requested fault of the sandbox' }] });
}

/** Applies faults to all answers of the sandbox. */
@Injectable()
export class FaultsGate implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly faults: FaultsService,
    private readonly option: RedirectOption,
  ) {}

  /** Adds the hook before the routes are created: a route uses only the hooks that exist by then. */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request, reply) => await this.disturb(request, reply));
  }

  private async disturb(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const [asked = ''] = request.url.split('?');
    if (asked.startsWith(CONTROL_PATH)) return undefined;
    const path = withoutRedirect(asked);
    const refusal = this.faults.take(path, ['busy', 'unavailable']);
    if (refusal) {
      refuse(reply, refusal);
      return reply;
    }
    const elsewhere = this.option.redirects ? redirectionOf(request.url) : undefined;
    if (elsewhere !== undefined) return await reply.redirect(elsewhere, 302);
    disturbBody(reply.raw, () => this.faults.take(path, ['slow', 'cut', 'wrong-bytes']));
    return undefined;
  }
}
