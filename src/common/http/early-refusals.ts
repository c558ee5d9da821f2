import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OVERLOAD_RETRY_SECONDS } from '../limits.js';
import { doorOf, isForManagement } from './door.js';
import { sendJson } from './json-reply.js';
import { PROBLEM_MEDIA_TYPE, problemView } from './problem.view.js';

/** Headers of every reply, errors included. */
export type CommonHeaders = Readonly<Record<string, string>>;

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** A refusal without Fastify. */
export interface EarlyRefusal {
  readonly status: number;
  readonly code: 'invalid-request' | 'too-many-requests' | 'overloaded';
  readonly message: string;
}

function refusalView({ code, message }: { readonly code: string; readonly message: string }): object {
  return { 'error-list': [{ code, message }] };
}

/** Whether the connection ends with it. Later requests on it are not read. */
function rawReply(
  refusal: EarlyRefusal,
  headers: CommonHeaders,
  request?: IncomingMessage,
): { head: CommonHeaders; body: string } {
  const isAdmin = request !== undefined && isForManagement(request);
  const view = isAdmin ? problemView({ ...refusal, requestId: undefined }) : refusalView(refusal);
  const body = JSON.stringify(view);
  const head = {
    'content-type': isAdmin ? PROBLEM_MEDIA_TYPE : 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...(refusal.code !== 'invalid-request' && { 'retry-after': String(OVERLOAD_RETRY_SECONDS) }),
    ...headers,
  };
  return { head, body };
}

/** What Fastify says of a URL that its router cannot read. */
interface FrameworkError {
  readonly code?: string;
  readonly statusCode?: number | undefined;
}

/** Fastify's code for a part of a path that is longer than any name. */
const TOO_LONG = 'FST_ERR_MAX_PARAM_LENGTH';

/** As for an unknown path: the router looks at lengths before it sees that a route belongs to another listener. */
function refuseAsUnknown({ method, raw }: FastifyRequest, reply: FastifyReply): void {
  const message = `Cannot ${method} ${raw.url}`;
  sendJson(reply.code(404), refusalView({ code: 'resource-not-found', message }));
}

/** Answers a URL that Fastify's router cannot read: neither hooks nor filters run for it. */
export function refuseUrl(headers: CommonHeaders) {
  return (error: FrameworkError, request: FastifyRequest, reply: FastifyReply): void => {
    if (error.code === TOO_LONG && doorOf(request.raw) === 'devices')
      return refuseAsUnknown(request, reply.headers(headers));
    const status = error.statusCode ?? 400;
    const message = 'cannot read request: its URL is too long or not percent-encoded UTF-8';
    const refusal = { status, code: 'invalid-request', message } as const;
    void reply.code(status).headers(headers);
    if (!isForManagement(request.raw)) return sendJson(reply, refusalView(refusal));
    sendJson(reply, problemView({ ...refusal, requestId: undefined }), PROBLEM_MEDIA_TYPE);
  };
}

/** Answers a request that does not reach Fastify, and ends the connection. */
export function refuseRequest(response: ServerResponse, refusal: EarlyRefusal, headers: CommonHeaders): void {
  const { head, body } = rawReply(refusal, headers, response.req);
  response.writeHead(refusal.status, head).end(body);
}

/** Answers a connection on which no request was read, and ends it. */
export function refuseConnection(socket: Socket, refusal: EarlyRefusal, headers: CommonHeaders): void {
  const { head, body } = rawReply(refusal, headers);
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  // The client may have gone.
  socket.on('error', () => undefined);
  const { status } = refusal;
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  socket.destroySoon();
}

/** The state of a connection: no answer, one that is partly sent, or the last one. */
export type AnswerState = 'none' | 'half' | 'last';

/**
 * Answers bytes that Node cannot read as HTTP, and ends the connection.
 *
 * @param stateOf - nothing may be written into an answer, nor after the last one
 */
export function refuseBytes(headers: CommonHeaders, stateOf: (socket: Socket) => AnswerState) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    const state = stateOf(socket);
    if (state === 'last') return socket.destroySoon();
    if (!socket.writable || error.code === 'ECONNRESET' || state === 'half') return void socket.destroy();
    const status = STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? 400;
    const message =
      status === 408
        ? 'cannot read request: it did not arrive in time'
        : 'cannot read request: it is not HTTP';
    refuseConnection(socket, { status, code: 'invalid-request', message }, headers);
  };
}
