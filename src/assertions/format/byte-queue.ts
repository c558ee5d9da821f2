const LEAST_ROOM_BYTES = 4 * 1024;

/**
 * Bytes that arrive in chunks of any size and are read from the front. The buffer doubles when it grows, so
 * that many small chunks cost little more than a large one.
 */
export class ByteQueue {
  private start = 0;
  private end: number;
  private noMore = false;

  /** @param room - the first bytes; they are read in place and not written to */
  constructor(private room: Buffer = Buffer.alloc(0)) {
    this.end = room.length;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Whether everything has arrived. */
  get hasEnded(): boolean {
    return this.noMore;
  }

  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.room.length) this.makeRoom(chunk.length);
    this.room.set(chunk, this.end);
    this.end += chunk.length;
  }

  close(): void {
    this.noMore = true;
  }

  /** A view of the bytes, valid until the next `append`. */
  view(from: number, to: number): Buffer {
    return this.room.subarray(this.start + from, Math.min(this.start + to, this.end));
  }

  /** The position of the bytes at or after `from`, or -1. */
  indexOf(bytes: Buffer, from: number): number {
    const at = this.view(from, this.length).indexOf(bytes);
    return at === -1 ? -1 : from + at;
  }

  /** Copies the first bytes and removes them. */
  take(lengthBytes: number): Buffer {
    const view = this.view(0, lengthBytes);
    // Not from the pool that small buffers share: keeping one of them would keep the whole pool.
    const bytes = Buffer.allocUnsafeSlow(view.length);
    bytes.set(view);
    this.start += bytes.length;
    return bytes;
  }

  private makeRoom(moreBytes: number): void {
    const used = this.view(0, this.length);
    const room = Buffer.alloc(Math.max(LEAST_ROOM_BYTES, 2 * (used.length + moreBytes)));
    room.set(used);
    this.end = used.length;
    this.start = 0;
    this.room = room;
  }
}
