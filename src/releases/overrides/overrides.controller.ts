import { Controller, Get, HttpCode, Logger, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SERIES } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { clientAddress } from '../../common/http/client-address.js';
import { sendJson } from '../../common/http/json-reply.js';
import { pathText } from '../../common/http/query-text.js';
import { ManagementGuard } from '../../management/management.guard.js';
import { principalText } from '../../management/principal.js';
import { parseOverrideRequests } from './override-requests.js';
import { OverridesService, type OverrideRequest } from './overrides.service.js';
import { OVERRIDES_PATH, overridesView } from './overrides.view.js';

/** Most snaps that one line of the log names. */
const LOGGED_NAMES = 20;

/** The documented API for overrides. It requires an operator or a token. */
@Controller(OVERRIDES_PATH)
@UseGuards(ManagementGuard)
export class OverridesController {
  private readonly logger = new Logger(OverridesController.name);

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
    // The JSON media type is required: pages of other sites cannot make a browser send it with its password.
    if (Buffer.isBuffer(request.body))
      throw new StoreError('invalid-request', 'cannot read overrides: send Content-Type: application/json');
    const wanted = parseOverrideRequests(request.body);
    const overrides = await this.overrides.apply(wanted);
    this.logger.warn(
      `overrides of ${namesOf(wanted)} changed with ${request.principal ? principalText(request.principal) : 'nothing'} from ${clientAddress(request.raw)}`,
    );
    sendJson(reply, overridesView(overrides));
  }
}

/** The snaps with changed overrides, each once. Of many, only the first ones. */
function namesOf(requests: readonly OverrideRequest[]): string {
  const names = [...new Set(requests.map(({ name }) => name))];
  const more = names.length - LOGGED_NAMES;
  return [...names.slice(0, LOGGED_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function checkSeries(request: FastifyRequest): void {
  const series = request.headers['x-ubuntu-series'];
  if (series === undefined || series === SERIES) return;
  throw new StoreError('invalid-request', `cannot serve this series: the store has only series ${SERIES}`);
}
