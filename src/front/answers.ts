import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByteBudget } from '../common/byte-budget.js';
import * as limits from '../common/limits.js';
import { outOfMemory } from './out-of-memory.js';

type Done = (error: Error | null, payload?: unknown) => void;

/** What an answer keeps in memory until the client has taken it. */
function bytesOf(payload: unknown): number {
  if (Buffer.isBuffer(payload) || typeof payload === 'string') return payload.length;
  return payload instanceof Readable ? limits.STREAM_COUNTS_AS_BYTES : 0;
}

/** Sends answers, no more of them at a time than there is memory for: clients may leave them lying. */
export class Answers {
  private readonly budget = new ByteBudget({
    perAddressBytes: limits.MAX_UNTAKEN_BYTES_PER_ADDRESS,
    totalBytes: limits.MAX_UNTAKEN_BYTES,
    reservedBytes: limits.RESERVED_UNTAKEN_BYTES,
  });

  /** A hook for every answer that is made: the next request may be worked on. */
  readonly onSend = (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Done): void => {
    const { visit } = request;
    visit?.leave();
    const bytes = request.method === 'HEAD' ? 0 : bytesOf(payload);
    if (bytes <= limits.UNCOUNTED_ANSWER_BYTES) return done(null, payload);
    const exhausted = visit?.hold(this.budget, bytes);
    if (exhausted) done(outOfMemory('answer', exhausted, 'of answers to take'));
    else done(null, payload);
  };
}
