import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByteBudget } from '../common/byte-budget.js';
import * as limits from '../common/limits.js';
import { outOfMemory } from './out-of-memory.js';

type Done = (error: Error | null, payload?: unknown) => void;

/** The memory that an answer uses until the client has received it. */
function bytesOf(payload: unknown): number {
  if (Buffer.isBuffer(payload) || typeof payload === 'string') return payload.length;
  return payload instanceof Readable ? limits.STREAM_COUNTS_AS_BYTES : 0;
}

/** Sends answers, and keeps their total within memory: clients may not read them. */
export class Answers {
  private readonly budget = new ByteBudget({
    perAddressBytes: limits.MAX_UNTAKEN_BYTES_PER_ADDRESS,
    totalBytes: limits.MAX_UNTAKEN_BYTES,
    reservedBytes: limits.RESERVED_UNTAKEN_BYTES,
  });

  /** A hook for every answer that is ready. The next request may then be worked on. */
  readonly onSend = (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Done): void => {
    const { visit } = request;
    visit?.leave();
    const bytes = request.method === 'HEAD' ? 0 : bytesOf(payload);
    if (bytes <= limits.UNCOUNTED_ANSWER_BYTES) return done(null, payload);
    const exhausted = visit?.hold(this.budget, bytes);
    if (exhausted) done(outOfMemory('answer', exhausted, 'of unread answers'));
    else done(null, payload);
  };
}
