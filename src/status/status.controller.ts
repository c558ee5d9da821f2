import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sendJson } from '../common/http/json-reply.js';
import { StatusService } from './status.service.js';

@Controller()
export class StatusController {
  constructor(private readonly status: StatusService) {}

  /** snapd probes this with HEAD before it registers a device through the store: only the headers count. */
  @Get()
  root(@Res() reply: FastifyReply): void {
    void reply.header('content-type', 'text/plain').send(Buffer.from('snap store\n'));
  }

  /** For load balancers: 200 if devices can be served, else 5xx. */
  @Get('_status/check')
  async check(@Res() reply: FastifyReply): Promise<void> {
    await this.status.check();
    sendJson(reply, { status: 'ok' });
  }
}
