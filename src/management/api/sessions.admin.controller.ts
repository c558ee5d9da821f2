import { Delete, Get, HttpCode, Param, ParseIntPipe, Query, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { OperatorSessionsService } from '../operator-sessions.service.js';
import type { Principal } from '../principal.js';
import { AdminController, Allow } from './access.decorator.js';
import { PageQueryDto } from './page.dto.js';
import { pageOf } from './page.js';
import { principalOf } from './principal-of.js';
import { SessionPageDto } from './session.dto.js';

const ID_DIGITS = 16;

/** The sessions of an operator; an admin sees and ends those of everybody. */
@AdminController('sessions', 'session')
export class SessionsAdminController {
  constructor(private readonly sessions: OperatorSessionsService) {}

  @Get()
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'list open sessions: those of everybody for an admin, else your own' })
  @ApiOkResponse({ type: SessionPageDto })
  async list(@Query() page: PageQueryDto, @Req() request: FastifyRequest): Promise<SessionPageDto> {
    const principal = principalOf(request);
    const sessions = (await this.sessions.list(whoseSessions(principal))).toReversed();
    const { items, next } = pageOf(sessions, page, ({ id }) => String(id).padStart(ID_DIGITS, '0'));
    return {
      items: items.map((session) => ({
        id: session.id,
        operator: session.operator,
        address: session.address,
        'user-agent': session.userAgent,
        current: session.id === principal.session?.id,
        'created-at': session.createdAt.toISOString(),
        'last-used-at': session.lastUsedAt.toISOString(),
        'expires-at': session.expiresAt.toISOString(),
      })),
      next,
    };
  }

  @Delete(':id')
  @Allow('viewer', 'operator')
  @HttpCode(204)
  @ApiOperation({ summary: 'end a session' })
  @ApiNoContentResponse()
  async end(@Param('id', ParseIntPipe) id: number, @Req() request: FastifyRequest): Promise<void> {
    await this.sessions.end(id, whoseSessions(principalOf(request)));
  }
}

/** @returns undefined for those of everybody; a token without an operator has none */
function whoseSessions({ role, operator = '' }: Principal): string | undefined {
  return role === 'admin' ? undefined : operator;
}
