import type { ServerResponse } from 'node:http';
import type { ByteBudget, Exhausted } from '../common/byte-budget.js';
import type { FairQueue } from '../common/fair-queue.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request holds of what all requests share. */
    visit: Visit | null;
  }
}

/** An answer to a client that is gone may still be in the making; by then it is over, or hangs for ever. */
const ABANDONED_MS = 60_000;

/**
 * What one request holds of what all requests share: a place among those that are worked on, memory. It gives
 * all of it back, whatever becomes of the request.
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
   * Takes a place, and gives back the one that it has.
   *
   * @param done - called once it has one, or with the refusal; never where the client has gone meanwhile
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

  /** Ends the connection once the answer is sent: what else comes over it is not read. */
  endConnection(): void {
    if (!this.response.headersSent) this.response.setHeader('connection', 'close');
  }

  /** Gives the place to the next: the answer is made, or something slow is awaited. */
  leave(): void {
    // It would keep all that came over the connection in memory.
    clearTimeout(this.abandoned);
    this.queue?.give(this.address);
    this.queue = undefined;
  }

  /**
   * Takes memory, until the answer is taken by the client or the connection ends.
   *
   * @returns whose share is used up already, and nothing is taken then
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
