import { Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { readJsonBody } from '../common/http/json-body.js';
import { sendJson } from '../common/http/json-reply.js';
import { faultView, parseFault } from './faults/fault.js';
import { FaultsService } from './faults/faults.service.js';
import { LoginService } from './login/login.service.js';
import { SandboxClockService } from './sandbox-clock.service.js';
import { SandboxState } from './sandbox-state.js';

/** Returns the only field that a body may have. */
function fieldOf(request: FastifyRequest, name: string): unknown {
  const body = readJsonBody(request.body) ?? {};
  if (!isFields(body) || Object.keys(body).some((key) => key !== name))
    throw new StoreError('invalid-request', `cannot read request: send a JSON object with only ${name}`);
  return body[name];
}

/** Controls the sandbox, for tests and for newcomers; a real store has no such paths. */
@Controller('sandbox')
export class ControlController {
  constructor(
    private readonly state: SandboxState,
    private readonly login: LoginService,
    private readonly clock: SandboxClockService,
    private readonly faults: FaultsService,
  ) {}

  @Get('faults')
  listFaults(@Res() reply: FastifyReply): void {
    sendJson(reply, { faults: this.faults.list().map(faultView) });
  }

  @Post('faults')
  @HttpCode(200)
  addFault(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.faults.add(parseFault(readJsonBody(request.body)));
    this.listFaults(reply);
  }

  @Delete('faults')
  clearFaults(@Res() reply: FastifyReply): void {
    this.faults.clear();
    this.listFaults(reply);
  }

  /** Moves the clock forward, to see what expires. */
  @Post('clock')
  @HttpCode(200)
  moveClock(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const seconds = fieldOf(request, 'seconds');
    sendJson(reply, { now: this.clock.advance(seconds).toISOString() });
  }

  /** Returns an unused one-time code, as an authenticator program shows it. */
  @Post('totp')
  @HttpCode(200)
  code(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const email = fieldOf(request, 'email');
    const account = this.state.accounts.find((one) =>
      email === undefined ? one.totpSecret : one.email === email,
    );
    const otp = account && this.login.freshCode(account);
    if (otp === undefined)
      throw new StoreError('not-found', 'cannot give a code: no account with this email has a second factor');
    sendJson(reply, { email: account?.email, otp });
  }
}
