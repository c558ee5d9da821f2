import { StoreError } from './errors.js';

export interface FairQueueLimits {
  /** The name of the work in an error message: "search". */
  readonly work: string;
  /** Pieces of work at a time. */
  readonly running: number;
  /** The most of them for each address; the default is as many as in total. */
  readonly runningPerAddress?: number;
  /** Pieces that may wait for each address. */
  readonly waitingPerAddress: number;
  /** Pieces that may wait in total. */
  readonly waiting: number;
  /** The time after which a refused client may try again, in seconds. */
  readonly retryAfterSeconds: number;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: StoreError) => void;
}

/**
 * Limits the pieces of work at a time, and lets the waiting addresses take turns. An address with many pieces
 * waits for its own work, and delays another by at most one piece. Waiting work starts in a separate turn of
 * the event loop, so that a long queue of short pieces never blocks it. Not from a library: p-queue and similar
 * ones have priorities, but no shares.
 */
export class FairQueue {
  /** Addresses with waiting work, in the order of their turns. */
  private readonly lines = new Map<string, Waiting[]>();
  /** The pieces in progress of each address. */
  private readonly shares = new Map<string, number>();
  private busy = 0;
  private queued = 0;

  constructor(private readonly limits: FairQueueLimits) {}

  /** The pieces in progress. */
  get running(): number {
    return this.busy;
  }

  /** The waiting pieces. */
  get waiting(): number {
    return this.queued;
  }

  /**
   * Does a piece of work when its turn comes.
   *
   * @param address - the client, as returned by `clientAddress`
   * @throws StoreError `too-many-requests` if this address has too many waiting; `overloaded` if all together
   *   have, and none has more than this one
   */
  async run<T>(address: string, work: () => Promise<T>): Promise<T> {
    if (!this.hasPlaceFor(address))
      await new Promise<void>((start, refuse) => this.wait(address, { start, refuse }));
    else this.occupy(address);
    try {
      return await work();
    } finally {
      this.give(address);
    }
  }

  /**
   * Takes a place without a promise, for work that every request does.
   *
   * @param start - called at once if there is a place, otherwise when it is the address's turn; {@link give}
   *   must follow
   * @param refuse - called with the errors that {@link run} throws
   */
  take(address: string, start: () => void, refuse: (error: StoreError) => void): void {
    if (this.hasPlaceFor(address)) {
      this.occupy(address);
      return start();
    }
    try {
      this.wait(address, { start, refuse });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      refuse(error);
    }
  }

  /** Returns a place. */
  give(address: string): void {
    this.busy -= 1;
    const share = (this.shares.get(address) ?? 0) - 1;
    if (share > 0) this.shares.set(address, share);
    else this.shares.delete(address);
    if (this.queued > 0) this.startNext();
  }

  private hasPlaceFor(address: string): boolean {
    return this.busy < this.limits.running && this.isWithinShare(address);
  }

  private isWithinShare(address: string): boolean {
    const { running, runningPerAddress = running } = this.limits;
    return (this.shares.get(address) ?? 0) < runningPerAddress;
  }

  private occupy(address: string): void {
    this.busy += 1;
    this.shares.set(address, (this.shares.get(address) ?? 0) + 1);
  }

  private wait(address: string, piece: Waiting): void {
    const line = this.lines.get(address) ?? [];
    if (line.length >= this.limits.waitingPerAddress) throw this.refusal('too-many-requests', 'this address');
    if (this.queued >= this.limits.waiting) this.makeRoomFor(line.length);
    line.push(piece);
    this.lines.set(address, line);
    this.queued += 1;
  }

  /**
   * The address with the most waiting work gives way to one with less, so that a few clients never shut out the
   * rest.
   */
  private makeRoomFor(waiting: number): void {
    let longest: Waiting[] = [];
    for (const line of this.lines.values()) if (line.length > longest.length) longest = line;
    if (longest.length <= waiting + 1) throw this.refusal('overloaded', 'the store');
    this.queued -= 1;
    longest.pop()?.refuse(this.refusal('too-many-requests', 'this address'));
  }

  /** Gives a place to the first piece of the next address, which then moves to the end. */
  private startNext(): void {
    for (const [address, line] of this.lines) {
      if (!this.isWithinShare(address)) continue;
      this.lines.delete(address);
      const next = line.shift();
      if (line.length > 0) this.lines.set(address, line);
      if (!next) continue;
      this.queued -= 1;
      this.occupy(address);
      setImmediate(next.start);
      return;
    }
  }

  private refusal(code: 'too-many-requests' | 'overloaded', who: string): StoreError {
    const { work, retryAfterSeconds } = this.limits;
    return new StoreError(
      code,
      `cannot accept another ${work}: ${who} has too many waiting; ask again in ${retryAfterSeconds} seconds`,
      { retryAfterSeconds },
    );
  }
}
