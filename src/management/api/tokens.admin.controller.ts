import { Body, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { parseEnd } from '../../common/end-time.js';
import { StoreError } from '../../common/errors.js';
import { parseOperatorName } from '../operator.js';
import type { Principal } from '../principal.js';
import { boundedBy } from '../token-bounds.js';
import { parseTokenName, type Token } from '../token.js';
import { tokenView } from '../token.view.js';
import { TokensService } from '../tokens.service.js';
import { AdminController, Allow } from './access.decorator.js';
import { ShownOnce } from './idempotency.interceptor.js';
import { PageQueryDto } from './page.dto.js';
import { pageOf } from './page.js';
import { principalOf } from './principal-of.js';
import { CreatedTokenDto, NewTokenDto, TokenDto, TokenPageDto } from './tokens.dto.js';

/** Keys of machines: your own, and for an admin those of everybody. */
@AdminController('tokens', 'tokens')
export class TokensAdminController {
  constructor(private readonly tokens: TokensService) {}

  @Get()
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'list tokens: those of everybody for an admin, else your own' })
  @ApiOkResponse({ type: TokenPageDto })
  async list(@Query() page: PageQueryDto, @Req() request: FastifyRequest): Promise<TokenPageDto> {
    const principal = principalOf(request);
    const seen = (await this.tokens.list()).filter((token) => isSeen(principal, token));
    const { items, next } = pageOf(seen, page, ({ name }) => name);
    return { items: items.map(tokenView), next };
  }

  @Get(':name')
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'one token' })
  @ApiOkResponse({ type: TokenDto })
  async get(@Param('name') name: string, @Req() request: FastifyRequest): Promise<TokenDto> {
    const token = await this.tokens.get(parseTokenName(name));
    checkSeen(principalOf(request), token);
    return tokenView(token);
  }

  @Post()
  @Allow('viewer', 'operator')
  @ShownOnce()
  @ApiOperation({ summary: 'create a token, which may do no more than you' })
  @ApiCreatedResponse({ type: CreatedTokenDto })
  async create(@Body() wanted: NewTokenDto, @Req() request: FastifyRequest): Promise<CreatedTokenDto> {
    const end = wanted['expires-at'];
    const { token, text } = await this.tokens.create(
      boundedBy(principalOf(request), {
        name: parseTokenName(wanted.name),
        role: wanted.role,
        scopes: wanted.scopes ?? [],
        operator: wanted.operator === undefined ? undefined : parseOperatorName(wanted.operator),
        expiresAt: end === undefined ? undefined : parseEnd(end),
      }),
    );
    return { ...tokenView(token), token: text };
  }

  @Delete(':name')
  @Allow('viewer', 'operator')
  @HttpCode(204)
  @ApiOperation({ summary: 'revoke a token: it ends at once' })
  @ApiNoContentResponse()
  async revoke(@Param('name') name: string, @Req() request: FastifyRequest): Promise<void> {
    const principal = principalOf(request);
    await this.tokens.revoke(parseTokenName(name), (token) => checkSeen(principal, token));
  }
}

/** An admin sees all; a token without an operator sees itself. */
function isSeen({ kind, name, role, operator }: Principal, token: Token): boolean {
  if (role === 'admin') return true;
  return operator === undefined ? kind === 'token' && token.name === name : token.operator === operator;
}

/** What somebody may not see is not there. */
function checkSeen(principal: Principal, token: Token): void {
  if (isSeen(principal, token)) return;
  throw new StoreError(
    'not-found',
    `cannot find token ${JSON.stringify(token.name)}: you have none of that name`,
  );
}
