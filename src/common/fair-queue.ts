import { StoreError } from './errors.js';

export interface FairQueueLimits {
  /** What the work is, as a refusal names it: "search". */
  readonly work: string;
  /** Pieces of work at a time. */
  readonly running: number;
  /** Pieces that may wait for each address. */
  readonly waitingPerAddress: number;
  /** Pieces that may wait in all. */
  readonly waiting: number;
  /** What a refusal tells to wait, in seconds. */
  readonly retryAfterSeconds: number;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: StoreError) => void;
}

/**
 * Does so many pieces of work at a time, and lets the addresses that wait take turns: one that floods
 * waits behind itself, and delays another by one piece of its own at most. Not a library's: p-queue and
 * its like know priorities, not shares.
 */
export class FairQueue {
  /** Addresses with work that waits, in the order of their turns. */
  private readonly lines = new Map<string, Waiting[]>();
  private busy = 0;
  private queued = 0;

  constructor(private readonly limits: FairQueueLimits) {}

  /** Pieces of work that are being done. */
  get running(): number {
    return this.busy;
  }

  /** Pieces of work that wait. */
  get waiting(): number {
    return this.queued;
  }

  /**
   * Does a piece of work when its turn comes.
   *
   * @param address - whose it is, as `clientAddress` says
   * @throws StoreError `too-many-requests` where this address has too many waiting; `overloaded` where
   *   all together have, and none has more than this one
   */
  async run<T>(address: string, work: () => Promise<T>): Promise<T> {
    if (this.busy >= this.limits.running) await this.turnOf(address);
    else this.busy += 1;
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  private async turnOf(address: string): Promise<void> {
    const line = this.lines.get(address) ?? [];
    if (line.length >= this.limits.waitingPerAddress) throw this.refusal('too-many-requests', 'this address');
    if (this.queued >= this.limits.waiting) this.makeRoomFor(line.length);
    await new Promise<void>((start, refuse) => {
      line.push({ start, refuse });
      this.lines.set(address, line);
      this.queued += 1;
    });
  }

  /** Whoever has the most waiting gives way to one with less, so that many pieces of few never shut out the rest. */
  private makeRoomFor(waiting: number): void {
    let longest: Waiting[] = [];
    for (const line of this.lines.values()) if (line.length > longest.length) longest = line;
    if (longest.length <= waiting + 1) throw this.refusal('overloaded', 'the store');
    this.queued -= 1;
    longest.pop()?.refuse(this.refusal('too-many-requests', 'this address'));
  }

  /** Hands the place to the next: the first of the address whose turn it is, which then goes to the end. */
  private pass(): void {
    for (const [address, line] of this.lines) {
      this.lines.delete(address);
      const next = line.shift();
      if (line.length > 0) this.lines.set(address, line);
      if (!next) continue;
      this.queued -= 1;
      next.start();
      return;
    }
    this.busy -= 1;
  }

  private refusal(code: 'too-many-requests' | 'overloaded', who: string): StoreError {
    const { work, retryAfterSeconds } = this.limits;
    return new StoreError(
      code,
      `cannot take another ${work}: ${who} has too many waiting; ask again in ${retryAfterSeconds} seconds`,
      { retryAfterSeconds },
    );
  }
}
