import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readJsonBody } from '../../common/http/json-body.js';
import { sendJson } from '../../common/http/json-reply.js';
import { requestOrigin } from '../../common/http/request-origin.js';
import { AuthorizationService } from './authorization.service.js';
import { DashboardErrorFilter } from './dashboard-error.filter.js';
import { DashboardService } from './dashboard.service.js';
import { readRegistration } from './registration-request.js';

const PATH = 'v1/store-registrations';

/** The dashboard, which registers stores. */
@Controller(PATH)
@UseFilters(DashboardErrorFilter)
export class DashboardController {
  constructor(
    private readonly dashboard: DashboardService,
    private readonly authorization: AuthorizationService,
  ) {}

  @Post('macaroon')
  @HttpCode(200)
  macaroon(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendJson(reply, { macaroon: this.authorization.rootMacaroon(new URL(requestOrigin(request)).host) });
  }

  @Post('nonce')
  @HttpCode(200)
  nonce(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const account = this.authorization.authenticate(request.headers.authorization);
    const { nonce, expires } = this.dashboard.issueNonce(account);
    sendJson(reply, { nonce, 'expires-at': expires.toISOString() });
  }

  @Post()
  @HttpCode(201)
  async register(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const account = this.authorization.authenticate(request.headers.authorization);
    const { storeId, publicKey, assertions } = await this.dashboard.register(
      account,
      readRegistration(readJsonBody(request.body)),
      `/${PATH}`,
    );
    const registered = { 'store-id': storeId, status: 'approved', 'public-key': publicKey };
    sendJson(reply, { ...registered, assertions: assertions.toString('utf8') });
  }
}
