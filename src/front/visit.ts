import type { ServerResponse } from 'node:http';
import type { ByteBudget, Exhausted } from '../common/byte-budget.js';
import type { FairQueue } from '../common/fair-queue.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's share of the common resources. */
    visit: Visit | null;
  }
}

/**
 * An answer to a client that has gone may still be in progress. After this time it is finished, or never will
 * be.
 */
const ABANDONED_MS = 60_000;

/**
 * One request's share of the common resources: a place among the requests in progress, and memory. It releases
 * all of it, however the request ends.
 */
export class Visit {
  private queue: FairQueue | undefined;
  private readonly held = new Map<ByteBudget, number>();
  private isOver = false;
  private abandoned: NodeJS.Timeout | undefined;

  constructor(
    readonly address: string,
    private readonly response: ServerResponse,
  ) {
    response.once('close', () => this.end());
  }

  /**
   * Takes a place, and releases the one that it has.
   *
   * @param done - called when it has a place, or with the refusal; never if the client has gone meanwhile
   */
  enter(queue: FairQueue, done: (refusal?: Error) => void): void {
    this.leave();
    queue.take(
      this.address,
      () => {
        if (this.isOver || this.response.destroyed) return queue.give(this.address);
        this.queue = queue;
        done();
      },
      done,
    );
  }

  /** Ends the connection after the answer is sent. Later requests on it are not read. */
  endConnection(): void {
    if (!this.response.headersSent) this.response.setHeader('connection', 'close');
  }

  /** Releases the place for the next request: the answer is ready, or waits for something slow. */
  leave(): void {
    // It would keep all data that arrived on the connection in memory.
    clearTimeout(this.abandoned);
    this.queue?.give(this.address);
    this.queue = undefined;
  }

  /**
   * Takes memory until the client has received the answer or the connection ends.
   *
   * @returns whose share is used up; then nothing is taken
   */
  hold(budget: ByteBudget, bytes: number): Exhausted | undefined {
    if (this.isOver) return undefined;
    const exhausted = budget.take(this.address, bytes);
    if (!exhausted) this.held.set(budget, (this.held.get(budget) ?? 0) + bytes);
    return exhausted;
  }

  private end(): void {
    this.isOver = true;
    for (const [budget, bytes] of this.held) budget.give(this.address, bytes);
    this.held.clear();
    if (this.queue) this.abandoned = setTimeout(() => this.leave(), ABANDONED_MS).unref();
  }
}
