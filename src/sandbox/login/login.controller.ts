import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MAX_MACAROON_LENGTH } from '../../common/crypto/macaroon/encoding.js';
import { isFields, type JsonFields } from '../../common/domain/json.js';
import { readJsonBody } from '../../common/http/json-body.js';
import { sendJson } from '../../common/http/json-reply.js';
import { requestOrigin } from '../../common/http/request-origin.js';
import { LoginErrorFilter } from './login-error.filter.js';
import { LoginError } from './login-error.js';
import { LoginService } from './login.service.js';

/** RFC 5321, section 4.5.3.1.3. */
const MAX_EMAIL_LENGTH = 254;
const MAX_PASSWORD_LENGTH = 1_024;
const MAX_CAVEAT_LENGTH = 4_096;
const MAX_CODE_LENGTH = 32;

function fieldsOf(request: FastifyRequest): JsonFields {
  const body = readJsonBody(request.body);
  if (isFields(body)) return body;
  throw new LoginError('INVALID_DATA', 'the body must be a JSON object');
}

function text(fields: JsonFields, name: string, maxLength: number): string {
  const value = fields[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  throw new LoginError('INVALID_DATA', `${name} must be a string of 1 to ${maxLength} characters`);
}

/** The two calls of login.ubuntu.com that a store's client makes: snapcore/snapd, store/auth.go. */
@Controller('api/v2/tokens')
@UseFilters(LoginErrorFilter)
export class LoginController {
  constructor(private readonly login: LoginService) {}

  @Post('discharge')
  @HttpCode(200)
  async discharge(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const fields = fieldsOf(request);
    const otp = fields['otp'] ?? '';
    const discharge = await this.login.discharge(
      {
        email: text(fields, 'email', MAX_EMAIL_LENGTH),
        password: text(fields, 'password', MAX_PASSWORD_LENGTH),
        caveatId: text(fields, 'caveat_id', MAX_CAVEAT_LENGTH),
        ...(otp !== '' && { otp: text(fields, 'otp', MAX_CODE_LENGTH) }),
      },
      new URL(requestOrigin(request)).host,
    );
    sendJson(reply, { discharge_macaroon: discharge });
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const discharge = text(fieldsOf(request), 'discharge_macaroon', MAX_MACAROON_LENGTH);
    sendJson(reply, {
      discharge_macaroon: this.login.refresh(discharge, new URL(requestOrigin(request)).host),
    });
  }
}
