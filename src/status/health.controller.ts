import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sendJson } from '../common/http/json-reply.js';
import { StatusService } from './status.service.js';

/** For balancers and supervisors: whether to send requests here, and whether to start the program again. */
@Controller()
export class HealthController {
  constructor(private readonly status: StatusService) {}

  /** Whether the process answers at all: it asks nobody. */
  @Get('healthz')
  alive(@Res() reply: FastifyReply): void {
    sendJson(reply, { status: 'ok' });
  }

  /** Whether devices can be served: the database answers, with every migration, and snap files can be read. */
  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    await this.status.check();
    await this.status.checkFiles();
    sendJson(reply, { status: 'ok' });
  }
}
