import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The value that tells llhttp that no body follows these headers. nodejs/node: src/node_http_parser.cc,
 * on_headers_complete
 */
const NO_BODY = 1;

type OnIncoming = (request: IncomingMessage, shouldKeepAlive: boolean) => number;

interface Parsed {
  readonly parser?: { onIncoming?: OnIncoming | null } | null;
}

/** Whether the body of a request is chunked. It is refused, see `Front`. */
export function isInChunks({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}

/** Connections whose last answer announces that they end. */
const ending = new WeakSet<Socket>();

/** Whether no answer may follow the one sent on a connection: it refused a chunked body, which is not read. */
export function isEnding(socket: Socket): boolean {
  return ending.has(socket);
}

/**
 * Stops Node's parser from reading data that has arrived in vain: the chunks of a refused body, each of which
 * costs half a microsecond and some hundred bytes of memory however short it is; and requests on a connection
 * that has ended. Node has no public way to do this. Called after Node has given the connection its parser.
 */
export function stopReadingInVain(socket: Socket): void {
  const { parser } = socket as Parsed;
  const onIncoming = parser?.onIncoming;
  if (!parser || !onIncoming) return;
  parser.onIncoming = (request, shouldKeepAlive) => {
    if (socket.destroyed) return NO_BODY;
    if (!isInChunks(request)) return onIncoming(request, shouldKeepAlive);
    // Node would answer that itself, and then answer the following bytes too.
    delete request.headers.expect;
    ending.add(socket);
    onIncoming(request, shouldKeepAlive);
    return NO_BODY;
  };
}
