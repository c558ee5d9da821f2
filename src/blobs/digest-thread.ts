import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Most pieces that wait to be hashed: enough to keep the thread busy while one piece is read or unpacked. */
const SLOTS = 6;

/** The code of the thread; a string, because the program is one file. It hashes slots and finally posts the digest. */
const THREAD = `
  const { createHash } = require('node:crypto');
  const { parentPort, workerData: { slots, slotBytes } } = require('node:worker_threads');
  const hash = createHash('sha3-384');
  parentPort.on('message', ({ slot, length }) => {
    if (slot === undefined) return parentPort.postMessage({ digest: hash.digest() });
    hash.update(new Uint8Array(slots, slot * slotBytes, length));
    parentPort.postMessage({ slot });
  });
`;

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
    this.worker = new Worker(THREAD, { eval: true, workerData: { slots: this.slots, slotBytes } });
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
      this.worker.postMessage({ slot, length: part.length });
    }
  }

  /** The digest of all pieces, 48 bytes. */
  async digest(): Promise<Buffer> {
    while (this.free.length < SLOTS) await this.settled();
    this.worker.postMessage({});
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
