import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

interface Parsed {
  readonly parser?: { readonly remove?: () => void } | null;
}

/**
 * Lets the body of a request take longer than others may: only the limit for a connection without progress remains.
 * Node has one limit for all requests of a server, and no public way to except one. It looks at those that its parsers
 * have begun; a parser is put back when its request is complete.
 *
 * nodejs/node: src/node_http_parser.cc, Parser::Remove and on_message_complete
 */
export function allowSlowBody({ socket, complete }: IncomingMessage): void {
  // Else a server that closes would not know the connection as an idle one.
  if (!complete) (socket as Socket & Parsed).parser?.remove?.();
}
