import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sendJson } from '../../common/http/json-reply.js';
import { DashboardError, type DashboardErrorCode } from './dashboard-error.js';

const STATUS: Record<DashboardErrorCode, number> = {
  'invalid-request': 400,
  'invalid-signature': 400,
  'invalid-nonce': 400,
  'not-owner': 403,
  'url-taken': 409,
  unauthorized: 401,
  'needs-refresh': 401,
};

const CHALLENGE: Partial<Record<DashboardErrorCode, string>> = {
  unauthorized: 'Macaroon',
  'needs-refresh': 'Macaroon needs_refresh=1',
};

@Catch(DashboardError)
export class DashboardErrorFilter implements ExceptionFilter<DashboardError> {
  catch({ code, message }: DashboardError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const challenge = CHALLENGE[code];
    void reply.code(STATUS[code]);
    if (challenge !== undefined) void reply.header('www-authenticate', challenge);
    sendJson(reply, { 'error-list': [{ code, message }] });
  }
}
