import { Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../common/errors.js';
import { sendJson } from '../common/json-reply.js';
import { pathText } from '../common/query-text.js';
import { ManagementGuard } from '../settings/management.guard.js';
import { parseOverrideRequests } from './override-requests.js';
import { OverridesService } from './overrides.service.js';
import { overridesView, SERIES } from './overrides.view.js';

/** The documented API for overrides, open to who has the management password. */
@Controller('v2/metadata/overrides')
@UseGuards(ManagementGuard)
export class OverridesController {
  constructor(private readonly overrides: OverridesService) {}

  @Get(':name')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    checkSeries(request);
    sendJson(reply, overridesView(await this.overrides.list(pathText(request, 'name'))));
  }

  @Post()
  @HttpCode(200)
  async apply(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    checkSeries(request);
    // Only named JSON is decoded: no page elsewhere can make a browser send that with its password.
    if (Buffer.isBuffer(request.body))
      throw new StoreError('invalid-request', 'cannot read overrides: send Content-Type: application/json');
    sendJson(reply, overridesView(await this.overrides.apply(parseOverrideRequests(request.body))));
  }
}

function checkSeries(request: FastifyRequest): void {
  const series = request.headers['x-ubuntu-series'];
  if (series === undefined || series === SERIES) return;
  throw new StoreError('invalid-request', `cannot serve that series: this store has series ${SERIES}`);
}
