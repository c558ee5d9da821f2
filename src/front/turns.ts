import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerState } from '../common/http/early-refusals.js';
import { MAX_PIPELINED_REQUESTS } from '../common/limits.js';
import { isEnding, isInChunks } from './stop-reading.js';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The answer in progress on a connection, and how many requests wait behind it. */
interface Line {
  answering: ServerResponse;
  waiting: number;
}

const lines = new WeakMap<Socket, Line>();

/**
 * Whether part of an answer, or the last answer, was sent on a connection: nothing else may be written then.
 */
export function answerState(socket: Socket): AnswerState {
  if (isEnding(socket)) return 'last';
  const answer = lines.get(socket)?.answering;
  return answer !== undefined && answer.headersSent && !answer.writableFinished ? 'half' : 'none';
}

/**
 * Delays pipelined requests until the one before them is answered, because HTTP/1.1 requires answers in order.
 * Until then nothing is looked up, opened or made for them. A connection with too many waiting requests is
 * ended, which RFC 9112, section 9.3, allows; clients then ask again.
 */
export function inTurn(handle: RequestHandler): RequestHandler {
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket);
    if (!line) lines.set(socket, { answering: response, waiting: 0 });
    else if (response.socket) line.answering = response;
    else {
      line.waiting += 1;
      // A chunked body would be kept in as many pieces until its request is refused.
      if (line.waiting > MAX_PIPELINED_REQUESTS || isInChunks(request)) return void socket.destroy();
      response.once('socket', () => {
        line.waiting -= 1;
        line.answering = response;
        handle(request, response);
      });
      return;
    }
    handle(request, response);
  };
}
