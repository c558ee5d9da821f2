import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerState } from '../common/http/early-refusals.js';
import { MAX_PIPELINED_REQUESTS } from '../common/limits.js';
import { isEnding, isInChunks } from './stop-reading.js';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What a connection is answered now, and how many requests wait behind that. */
interface Line {
  answering: ServerResponse;
  waiting: number;
}

const lines = new WeakMap<Socket, Line>();

/** Whether part of an answer was sent over a connection, or the last one: nothing else may be written to it then. */
export function answerState(socket: Socket): AnswerState {
  if (isEnding(socket)) return 'last';
  const answer = lines.get(socket)?.answering;
  return answer !== undefined && answer.headersSent && !answer.writableFinished ? 'half' : 'none';
}

/**
 * Lets requests that come over one connection before the one ahead of them is answered wait, as HTTP/1.1 wants
 * it answered in order: until then nothing is looked up, opened or made for them. A connection with more of
 * them than may wait is ended, as RFC 9112, section 9.3, lets any be; clients ask anew.
 */
export function inTurn(handle: RequestHandler): RequestHandler {
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket);
    if (!line) lines.set(socket, { answering: response, waiting: 0 });
    else if (response.socket) line.answering = response;
    else {
      line.waiting += 1;
      // A body in chunks would be kept in as many pieces until its request is refused.
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
