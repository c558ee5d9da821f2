import { applyDecorators, Controller, UseInterceptors, UsePipes } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiCookieAuth,
  ApiDefaultResponse,
  ApiExtension,
  ApiTags,
} from '@nestjs/swagger';
import type { Role, Scope } from '../../common/domain/role.js';
import { PROBLEM_MEDIA_TYPE } from '../../common/http/problem.view.js';
import { StrictPipe } from '../../common/http/request-validation.js';
import type { Access } from '../principal.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { ProblemDto } from './problem.dto.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use a route of the management API. */
    access?: Access | 'anyone';
  }
}

const PROBLEM = ApiDefaultResponse({
  description: 'a refusal, as RFC 9457 describes it',
  content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/ProblemDto' } } },
});

/** A controller of the management API below `/admin/v1`. */
export function AdminController(path: string, tag: string): ClassDecorator {
  return applyDecorators(
    Controller(`admin/v1/${path}`),
    ApiTags(tag),
    UsePipes(StrictPipe),
    UseInterceptors(IdempotencyInterceptor),
  );
}

/**
 * Says who may use a route: the least role, and the scope that a token needs. A route of the management API without
 * this, or {@link AllowAnyone}, keeps the server from starting.
 *
 * @param scope - without it, a token of any scope may
 */
export function Allow(role: Role, scope?: Scope): MethodDecorator {
  const access: Access = { role, scope };
  return applyDecorators(
    RouteConfig({ access }),
    ApiBearerAuth('token'),
    ApiBasicAuth('password'),
    ApiCookieAuth('session'),
    ApiExtension('x-role', role),
    ...(scope === undefined ? [] : [ApiExtension('x-scope', scope)]),
    PROBLEM,
  );
}

/** Says that a route is for everybody who can reach it. */
export function AllowAnyone(): MethodDecorator {
  return applyDecorators(RouteConfig({ access: 'anyone' }), ApiExtension('x-role', 'anyone'), PROBLEM);
}

export { ProblemDto };
