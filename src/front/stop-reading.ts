import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What llhttp takes for: no body follows these headers. nodejs/node: src/node_http_parser.cc, on_headers_complete */
const NO_BODY = 1;

type OnIncoming = (request: IncomingMessage, shouldKeepAlive: boolean) => number;

interface Parsed {
  readonly parser?: { onIncoming?: OnIncoming | null } | null;
}

/** Whether the body of a request comes in chunks: it is refused, see `Front`. */
export function isInChunks({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}

/** Connections whose last answer says that they end. */
const ending = new WeakSet<Socket>();

/** Whether no answer may follow the one that a connection has got: it refuses a body in chunks, which is not read. */
export function isEnding(socket: Socket): boolean {
  return ending.has(socket);
}

/**
 * Keeps Node's parser from what it would read in vain of what has come already: the chunks of a body that is refused,
 * half a microsecond and some hundred bytes of memory for each, however short it is; and requests on a connection that
 * was ended. Node has no public way to say so. Called once Node has given the connection its parser.
 */
export function stopReadingInVain(socket: Socket): void {
  const { parser } = socket as Parsed;
  const onIncoming = parser?.onIncoming;
  if (!parser || !onIncoming) return;
  parser.onIncoming = (request, shouldKeepAlive) => {
    if (socket.destroyed) return NO_BODY;
    if (!isInChunks(request)) return onIncoming(request, shouldKeepAlive);
    // Node would answer that by itself, and what follows once more.
    delete request.headers.expect;
    ending.add(socket);
    onIncoming(request, shouldKeepAlive);
    return NO_BODY;
  };
}
