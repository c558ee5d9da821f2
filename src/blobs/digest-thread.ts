import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { builtFile } from '../common/files/built-file.js';

/** Most pieces that wait to be hashed: enough to keep the thread busy while one piece is read or unpacked. */
const SLOTS = 6;

/** What the thread is started with. */
export interface DigestThreadData {
  /** The pieces, {@link SLOTS} of `slotBytes` each. */
  readonly slots: SharedArrayBuffer;
  readonly slotBytes: number;
}

/** A piece to hash; without a slot, it asks for the digest. */
export interface DigestRequest {
  readonly slot?: number;
  readonly length?: number;
}

/**
 * Computes a SHA3-384 in its own thread. Hashing limits the speed of an import, so it gets one core and everything else
 * the other. Memory is shared: a piece is copied once and never sent.
 */
export class DigestThread {
  private readonly slots: SharedArrayBuffer;
  private readonly worker: Worker;
  private readonly free = Array.from({ length: SLOTS }, (_, slot) => slot);
  private waiting: (() => void) | undefined;
  private failure: Error | undefined;

  /** @param slotBytes - length of the largest piece */
  constructor(private readonly slotBytes: number) {
    this.slots = new SharedArrayBuffer(SLOTS * slotBytes);
    const workerData: DigestThreadData = { slots: this.slots, slotBytes };
    this.worker = new Worker(builtFile('threads/digest.thread.js'), { workerData });
    this.worker.on('message', ({ slot }: { slot?: number }) => {
      if (slot !== undefined) this.free.push(slot);
      this.wake();
    });
    this.worker.on('error', (error) => {
      this.failure = error;
      this.wake();
    });
  }

  /** Copies a piece for hashing, and waits if too many pieces are queued. The caller can reuse the piece immediately. */
  async update(piece: Buffer): Promise<void> {
    for (let at = 0; at < piece.length; at += this.slotBytes) {
      const part = piece.subarray(at, at + this.slotBytes);
      const slot = await this.takeSlot();
      new Uint8Array(this.slots, slot * this.slotBytes, part.length).set(part);
      this.worker.postMessage({ slot, length: part.length } satisfies DigestRequest);
    }
  }

  /** The digest of all pieces, 48 bytes. */
  async digest(): Promise<Buffer> {
    while (this.free.length < SLOTS) await this.settled();
    this.worker.postMessage({} satisfies DigestRequest);
    const [{ digest }] = (await once(this.worker, 'message')) as [{ digest: Uint8Array }];
    return Buffer.from(digest);
  }

  /** Ends the thread, whether or not the digest was requested. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async takeSlot(): Promise<number> {
    for (;;) {
      const slot = this.free.pop();
      if (slot !== undefined) return slot;
      await this.settled();
    }
  }

  private async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiting = resolve;
      if (this.failure) resolve();
    });
    if (this.failure) throw this.failure;
  }

  private wake(): void {
    this.waiting?.();
    this.waiting = undefined;
  }
}
