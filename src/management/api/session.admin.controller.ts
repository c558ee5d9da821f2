import { Body, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { clientAddress } from '../../common/http/client-address.js';
import { OperatorSessionsService } from '../operator-sessions.service.js';
import { SignInService } from '../sign-in.service.js';
import { AdminController, Allow, AllowAnyone } from './access.decorator.js';
import { principalOf } from './principal-of.js';
import { openSession, setSessionCookie, whoAmI } from './session-cookie.js';
import { SignInDto, WhoAmIDto } from './session.dto.js';

const REFUSALS = {
  wrong: 'cannot sign in: name, password or one-time code is wrong',
  'code-needed': 'cannot sign in by the password alone: give the one-time code',
  'not-set':
    'cannot sign in: no management password is set; `enable-airgap-mode` or `set-operator admin --password @FILE` sets one on the store itself',
};

/** Signing in and out with a browser, and who asks. */
@AdminController('session', 'session')
export class SessionAdminController {
  constructor(
    private readonly signIns: SignInService,
    private readonly sessions: OperatorSessionsService,
  ) {}

  @Post()
  @AllowAnyone()
  @ApiOperation({ summary: 'sign in: sets the cookie of a session' })
  @ApiCreatedResponse({ type: WhoAmIDto })
  async signIn(
    @Body() { name, password, code }: SignInDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WhoAmIDto> {
    const address = clientAddress(request.raw);
    const signIn = await this.signIns.check({ name, password, code, address });
    if (signIn.verdict !== 'right')
      throw new StoreError('unauthorized', REFUSALS[signIn.verdict], {
        ...(signIn.verdict === 'code-needed' && { field: 'code' }),
      });
    return await openSession(this.sessions, signIn.operator, request, reply);
  }

  @Get()
  @Allow('viewer')
  @ApiOperation({ summary: 'who asks, and what they may do' })
  @ApiOkResponse({ type: WhoAmIDto })
  whoAmI(@Req() request: FastifyRequest): WhoAmIDto {
    return whoAmI(principalOf(request));
  }

  @Delete()
  @Allow('viewer')
  @HttpCode(204)
  @ApiOperation({ summary: 'sign out: ends the session of the cookie' })
  @ApiNoContentResponse()
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { session } = principalOf(request);
    if (!session) throw new StoreError('conflict', 'cannot sign out: this request has no session');
    await this.sessions.end(session.id);
    setSessionCookie(request, reply, undefined);
  }
}
