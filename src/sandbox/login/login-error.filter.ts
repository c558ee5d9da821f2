import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sendJson } from '../../common/http/json-reply.js';
import { LoginError, type LoginErrorCode } from './login-error.js';

const STATUS: Record<LoginErrorCode, number> = {
  INVALID_DATA: 400,
  INVALID_CREDENTIALS: 401,
  TWOFACTOR_REQUIRED: 401,
  TWOFACTOR_FAILURE: 403,
  TOO_MANY_REQUESTS: 429,
};

/** Sends errors in the shape of login.ubuntu.com, which differs from the store's. */
@Catch(LoginError)
export class LoginErrorFilter implements ExceptionFilter<LoginError> {
  catch({ code, message, retryAfterSeconds }: LoginError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.code(STATUS[code]);
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
    sendJson(reply, { code, message, extra: {} });
  }
}
