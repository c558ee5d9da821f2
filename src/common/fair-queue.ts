import { StoreError } from './errors.js';

export interface FairQueueLimits {
  /** What the work is, as a refusal names it: "search". */
  readonly work: string;
  /** Pieces of work at a time. */
  readonly running: number;
  /** Of them for each address; as many as there are in all where it is left out. */
  readonly runningPerAddress?: number;
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
 * waits behind itself, and delays another by one piece of its own at most. Whoever has waited begins in
 * a turn of the event loop of its own, so that a long line of short pieces never blocks it. Not a library's:
 * p-queue and its like know priorities, not shares.
 */
export class FairQueue {
  /** Addresses with work that waits, in the order of their turns. */
  private readonly lines = new Map<string, Waiting[]>();
  /** How many pieces of each address are being done. */
  private readonly shares = new Map<string, number>();
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
   * Takes a place without a promise, for work that is done on every request.
   *
   * @param start - called at once where there is a place, else when the turn of this address comes;
   *   {@link give} must follow
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

  /** Gives back a place that was taken. */
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

  /** Whoever has the most waiting gives way to one with less, so that many pieces of few never shut out the rest. */
  private makeRoomFor(waiting: number): void {
    let longest: Waiting[] = [];
    for (const line of this.lines.values()) if (line.length > longest.length) longest = line;
    if (longest.length <= waiting + 1) throw this.refusal('overloaded', 'the store');
    this.queued -= 1;
    longest.pop()?.refuse(this.refusal('too-many-requests', 'this address'));
  }

  /** Hands a place to the first of the address whose turn it is, which then goes to the end. */
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
      `cannot take another ${work}: ${who} has too many waiting; ask again in ${retryAfterSeconds} seconds`,
      { retryAfterSeconds },
    );
  }
}
