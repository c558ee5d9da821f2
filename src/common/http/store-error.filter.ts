import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isFields } from '../domain/json.js';
import { StoreError, type StoreErrorCode } from '../errors.js';
import { LogEntry } from '../log-entry.js';
import { LogGate } from '../log-gate.js';
import { databaseOutage } from '../outage-log.js';
import { isForManagement } from './door.js';
import { sendJson } from './json-reply.js';
import { PROBLEM_MEDIA_TYPE, problemView, REQUEST_ID_HEADER } from './problem.view.js';

/** The HTTP status of each code: a code without a status does not compile. */
const STATUS: Record<StoreErrorCode, number> = {
  'invalid-request': 400,
  'invalid-assertion': 400,
  'invalid-bundle': 400,
  'invalid-channel': 400,
  'invalid-setting': 400,
  'invalid-snap': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'not-configured': 404,
  conflict: 409,
  'precondition-failed': 412,
  // tus, section "Checksum".
  'checksum-mismatch': 460,
  'too-large': 413,
  'unsupported-media-type': 415,
  'too-many-requests': 429,
  overloaded: 503,
  unsupported: 400,
  'storage-failed': 500,
  'database-unavailable': 503,
  'upstream-failed': 502,
};

/**
 * When the store is short of a resource, the client may try again after these seconds. snapd ignores the
 * header: it repeats a request by itself after a 503 (store/store.go, defaultRetryStrategy), and after a 429 it
 * fails until its next refresh.
 */
const RETRY_AFTER_SECONDS = 10;

/** Temporary refusals. */
const PASSING: ReadonlySet<number> = new Set([429, 503]);

/** Fastify's own errors have a status: a body that is not JSON, one that is too large. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = isFields(error) ? error['statusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

function codeOf(status: number): string {
  if (status === 401) return 'unauthorized';
  if (status === 404) return 'resource-not-found';
  return status < 500 ? 'invalid-request' : 'internal-error';
}

/** An expected error, whose message is sufficient. */
function isOverload(error: unknown): boolean {
  return error instanceof StoreError && (error.code === 'overloaded' || error.code === 'too-many-requests');
}

/** Another server failed, and people who manage the store must know how. */
function isUpstream(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'upstream-failed';
}

/** An error in one line, with its cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** Where an error in the program happened. An error of the surroundings, such as a full disk, is explained by its words. */
function stackOf(error: unknown): string | undefined {
  return error instanceof Error && !(error instanceof StoreError) ? error.stack : undefined;
}

/** What distinguishes an error from earlier ones. */
function kindOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message}` : typeof error;
}

/** An error of one request may occur for a thousand, and the log must still contain the older lines. */
const logGate = new LogGate();

/** Every HTTP error has the same shape: that of the official store, or for management that of RFC 9457. */
@Catch()
export class StoreErrorFilter implements ExceptionFilter {
  protected readonly mediaType: string = 'application/json';
  private readonly logger = new Logger(StoreErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const status = this.statusFor(
      error instanceof StoreError ? STATUS[error.code] : (statusOf(error) ?? 500),
    );
    const code = error instanceof StoreError ? error.code : codeOf(status);
    const request = http.getRequest<FastifyRequest>();
    const isAdmin = isForManagement(request.raw);
    // The message of an unexpected error may contain anything, so it is only logged.
    const message =
      (status < 500 || isOverload(error) || (isAdmin && isUpstream(error))) && error instanceof Error
        ? error.message
        : 'the store cannot answer now, see its log';
    if (status >= 500 && !isOverload(error)) this.logError(request, reply, error);
    if (reply.sent) return;
    void reply.code(status);
    const retryAfter = error instanceof StoreError ? error.retryAfterSeconds : undefined;
    if (PASSING.has(status)) void reply.header('retry-after', String(retryAfter ?? RETRY_AFTER_SECONDS));
    // RFC 9110, section 15.5.16: the accepted types.
    if (status === 415) void reply.header('accept-encoding', 'identity');
    if (isAdmin) {
      const fields = error instanceof StoreError ? error.fields : undefined;
      const requestId = reply.getHeader(REQUEST_ID_HEADER)?.toString();
      return sendJson(reply, problemView({ status, code, message, requestId, fields }), PROBLEM_MEDIA_TYPE);
    }
    sendJson(reply, this.view(code, message, status), this.mediaType);
  }

  /** The status to send, if a client misinterprets the usual one. */
  protected statusFor(status: number): number {
    return status;
  }

  /** The body of an error. */
  protected view(code: string, message: string, _status: number): object {
    return { 'error-list': [{ code, message }] };
  }

  private logError(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    if (error instanceof StoreError && error.code === 'database-unavailable')
      return databaseOutage.note(() =>
        this.logger.error(`${describe(error)}; requests that need it are answered 503 meanwhile`),
      );
    const { method, url, id } = request;
    const [path = ''] = url.split('?');
    logGate.pass(kindOf(error), (others) => {
      const more = others === 0 ? '' : ` (and ${others} more like it before)`;
      const requestId = reply.getHeader(REQUEST_ID_HEADER)?.toString() ?? id;
      const fields = { 'request-id': requestId, method, route: request.routeOptions.url };
      const entry = new LogEntry(`${method} ${path}${more}: ${describe(error)}`, fields);
      const stack = stackOf(error);
      if (stack === undefined) this.logger.error(entry);
      else this.logger.error(entry, stack);
    });
  }
}
