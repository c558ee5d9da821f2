import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from './json-reply.js';

/** Headers that every reply has, refusals included. */
type CommonHeaders = Readonly<Record<string, string>>;

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function refusalView(message: string): object {
  return { 'error-list': [{ code: 'invalid-request', message }] };
}

/** Answers a URL that Fastify's router cannot read: neither hooks nor filters run for it. */
export function refuseUrl(headers: CommonHeaders) {
  return (
    error: { statusCode?: number | undefined },
    _request: FastifyRequest,
    reply: FastifyReply,
  ): void => {
    void reply.code(error.statusCode ?? 400).headers(headers);
    sendJson(reply, refusalView('cannot read request: its URL is too long or not percent-encoded UTF-8'));
  };
}

/** Answers bytes that Node cannot read as HTTP, and ends the connection. */
export function refuseBytes(headers: CommonHeaders) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (socket.writable && error.code !== 'ECONNRESET') {
      const status = STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? 400;
      const body = JSON.stringify(refusalView('cannot read request: it is not HTTP'));
      const head = {
        'content-type': 'application/json',
        'content-length': body.length,
        connection: 'close',
        ...headers,
      };
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
    }
    socket.destroy();
  };
}
