import {
  HttpException,
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, mergeMap, of, type Observable } from 'rxjs';
import { catchError } from 'rxjs/operators';
import { StoreError } from '../../common/errors.js';
import { principalKey } from '../principal.js';
import { IdempotencyKeysService, type KeyedRequest } from './idempotency-keys.service.js';

const SHOWN_ONCE = 'shown-once';

/** Says that the answer of a route has a secret in it: it is not kept for a repeated request. */
export const ShownOnce = () => SetMetadata(SHOWN_ONCE, true);

/** Refusals after which nothing has changed for sure. */
function changedNothing(error: unknown): boolean {
  if (error instanceof StoreError)
    return error.code !== 'database-unavailable' && error.code !== 'storage-failed';
  return error instanceof HttpException && error.getStatus() < 500;
}

/** Answers a POST that is sent again with its `Idempotency-Key` as it was answered before, and does nothing. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly keys: IdempotencyKeysService,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || typeof key !== 'string' || !request.principal) return next.handle();
    const content = JSON.stringify([request.method, request.url, request.body ?? null]);
    const keyed: KeyedRequest = { principal: principalKey(request.principal), key, content };
    const isShownOnce = this.reflector.get<boolean | undefined>(SHOWN_ONCE, context.getHandler()) === true;
    return from(this.keys.begin(keyed)).pipe(
      mergeMap((answer) => {
        if (answer === undefined) return this.run(keyed, isShownOnce, next);
        void http.getResponse<FastifyReply>().header('idempotency-replayed', 'true');
        return of(JSON.parse(answer) as unknown);
      }),
    );
  }

  private run(keyed: KeyedRequest, isShownOnce: boolean, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      mergeMap(async (result: unknown) => {
        await this.keys.finish(keyed, isShownOnce ? undefined : JSON.stringify(result ?? null));
        return result;
      }),
      catchError(async (error: unknown) => {
        if (changedNothing(error)) await this.keys.forget(keyed);
        throw error;
      }),
    );
  }
}
