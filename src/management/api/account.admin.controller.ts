import { Body, Delete, Get, HttpCode, Post, Put, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { clientAddress } from '../../common/http/client-address.js';
import { AccountService, type Confirmation } from '../account.service.js';
import { OperatorSessionsService } from '../operator-sessions.service.js';
import { operatorView } from '../operator.view.js';
import { OperatorsService } from '../operators.service.js';
import { AdminController, Allow } from './access.decorator.js';
import {
  ConfirmationDto,
  EndedSessionsDto,
  NewSecretDto,
  PasswordChangeDto,
  SecondFactorDto,
} from './account.dto.js';
import { ShownOnce } from './idempotency.interceptor.js';
import { OperatorDto } from './operators.dto.js';
import { principalOf } from './principal-of.js';
import { openSession, whoAmI } from './session-cookie.js';
import { WhoAmIDto } from './session.dto.js';

/** The account of the operator who asks. A token has none. */
@AdminController('account', 'account')
export class AccountAdminController {
  constructor(
    private readonly account: AccountService,
    private readonly operators: OperatorsService,
    private readonly sessions: OperatorSessionsService,
  ) {}

  @Get()
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'your own account' })
  @ApiOkResponse({ type: OperatorDto })
  async get(@Req() request: FastifyRequest): Promise<OperatorDto> {
    return operatorView(await this.operators.get(ownName(request)));
  }

  @Put('password')
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'change your password: your sessions end, and yours goes on with a new cookie' })
  @ApiOkResponse({ type: WhoAmIDto })
  async changePassword(
    @Body() { 'new-password': password, ...given }: PasswordChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WhoAmIDto> {
    const { name } = await this.account.changePassword(confirmation(request, given), password);
    const principal = principalOf(request);
    const operator = principal.session && (await this.operators.findSecrets(name));
    return operator ? await openSession(this.sessions, operator, request, reply) : whoAmI(principal);
  }

  @Post('second-factor')
  @Allow('viewer', 'operator')
  @ShownOnce()
  @ApiOperation({
    summary: 'make a secret for an authenticator app; it is in use after its code was confirmed',
  })
  @ApiCreatedResponse({ type: NewSecretDto })
  async newSecret(@Req() request: FastifyRequest): Promise<NewSecretDto> {
    return await this.account.newSecret(ownName(request));
  }

  @Put('second-factor')
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'turn your second factor on, with the first code of its secret' })
  @ApiOkResponse({ type: OperatorDto })
  async turnOn(
    @Body() { password, secret, code }: SecondFactorDto,
    @Req() request: FastifyRequest,
  ): Promise<OperatorDto> {
    const by = confirmation(request, { password });
    return operatorView(await this.account.turnOnSecondFactor(by, secret, code));
  }

  @Post('second-factor/off')
  @Allow('viewer', 'operator')
  @HttpCode(200)
  @ApiOperation({ summary: 'turn your second factor off' })
  @ApiOkResponse({ type: OperatorDto })
  async turnOff(@Body() given: ConfirmationDto, @Req() request: FastifyRequest): Promise<OperatorDto> {
    return operatorView(await this.account.turnOffSecondFactor(confirmation(request, given)));
  }

  @Delete('sessions')
  @Allow('viewer', 'operator')
  @ApiOperation({ summary: 'end your other sessions' })
  @ApiOkResponse({ type: EndedSessionsDto })
  async endOthers(@Req() request: FastifyRequest): Promise<EndedSessionsDto> {
    const name = ownName(request);
    return { ended: await this.sessions.endOthers(name, principalOf(request).session?.id) };
  }
}

/** @throws StoreError `conflict` for a token, which must not change what its operator signs in with */
function ownName(request: FastifyRequest): string {
  const { kind, name } = principalOf(request);
  if (kind === 'operator') return name;
  throw new StoreError(
    'conflict',
    `cannot use the account of token ${name}: a token has none; sign in as an operator`,
  );
}

function confirmation(request: FastifyRequest, given: ConfirmationDto): Confirmation {
  const { password, code } = given;
  return { password, code, name: ownName(request), address: clientAddress(request.raw) };
}
