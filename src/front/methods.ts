import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { authorityOf } from '../common/http/authority.js';
import { refuseConnection, type CommonHeaders } from '../common/http/early-refusals.js';

/** The methods that this server accepts on some path. */
const ALLOW = 'GET, HEAD, POST, OPTIONS';

/** `OPTIONS *` concerns the server as a whole: RFC 9110, section 9.3.7. */
export function answerOptions(response: ServerResponse, headers: CommonHeaders): void {
  response.writeHead(204, { ...headers, allow: ALLOW }).end();
}

/**
 * Answers clients that use this server as a proxy and ask for a tunnel. Node alone would close the connection
 * without an answer.
 *
 * @see RFC 9110, section 9.3.6
 */
export function refuseTunnels(server: Server, headers: CommonHeaders): void {
  server.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
    const isTarget = authorityOf(url)?.port !== undefined;
    const message = isTarget
      ? 'cannot open a tunnel: this is a store, not a proxy'
      : 'cannot read request: its target is not a host with a port';
    const status = isTarget ? 405 : 400;
    refuseConnection(socket, { status, code: 'invalid-request', message }, { ...headers, allow: ALLOW });
  });
}
