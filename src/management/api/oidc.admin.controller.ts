import { Get, HttpCode, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../../common/http/client-address.js';
import { REQUEST_ID_HEADER } from '../../common/http/problem.view.js';
import { SettingsService } from '../../settings/settings.service.js';
import { checkWay } from '../management.guard.js';
import { OidcSignInService } from '../oidc/oidc-sign-in.service.js';
import { OperatorSessionsService } from '../operator-sessions.service.js';
import { AdminController, AllowAnyone } from './access.decorator.js';
import { openSession, pendingSecretOf, setPendingCookie } from './session-cookie.js';

/** The page that a browser sees after it has signed in. Always this one: no request names another. */
const AFTER_SIGN_IN = '/admin/docs';

const FOUND = 302;
const SEE_OTHER = 303;

/** Signing in at the identity provider of the site, with a browser. */
@AdminController('session/oidc', 'session')
export class OidcAdminController {
  constructor(
    private readonly signIns: OidcSignInService,
    private readonly sessions: OperatorSessionsService,
    private readonly settings: SettingsService,
  ) {}

  @Get()
  @AllowAnyone()
  @HttpCode(FOUND)
  @ApiOperation({ summary: 'sign in at the identity provider: sends a browser there' })
  @ApiResponse({ status: FOUND, description: 'to the identity provider' })
  async begin(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await checkWay(request, this.settings);
    const { url, secret } = await this.signIns.begin(clientAddress(request.raw));
    setPendingCookie(request, reply, secret);
    await reply.code(FOUND).header('location', url.href).send();
  }

  @Get('callback')
  @AllowAnyone()
  @HttpCode(SEE_OTHER)
  @ApiOperation({ summary: 'where the identity provider sends a browser back: sets the cookie of a session' })
  @ApiQuery({ name: 'state', required: false })
  @ApiQuery({ name: 'code', required: false })
  @ApiResponse({ status: SEE_OTHER, description: 'to the page of the API' })
  async finish(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await checkWay(request, this.settings);
    // It may add parameters that nobody here knows.
    const query = request.url.slice(`${request.url}?`.indexOf('?'));
    const operator = await this.signIns.finish({
      query,
      secret: pendingSecretOf(request),
      address: clientAddress(request.raw),
      requestId: reply.getHeader(REQUEST_ID_HEADER)?.toString(),
    });
    await openSession(this.sessions, operator, request, reply);
    setPendingCookie(request, reply, undefined);
    await reply.code(SEE_OTHER).header('location', AFTER_SIGN_IN).send();
  }
}
