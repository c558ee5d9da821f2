const LEAST_ROOM_BYTES = 4 * 1024;

/**
 * Bytes that arrive in chunks of any size and are read from the front. New
 * room is twice what is held, so that many small chunks cost little more than
 * a large one.
 */
export class ByteQueue {
  private start = 0;
  private end: number;
  private noMore = false;

  /** @param room - the first bytes; they are read where they are, and not written to */
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

  /** A view of the bytes, good until the next `append`. */
  view(from: number, to: number): Buffer {
    return this.room.subarray(this.start + from, Math.min(this.start + to, this.end));
  }

  /** Where the bytes stand at or after `from`, or -1. */
  indexOf(bytes: Buffer, from: number): number {
    const at = this.view(from, this.length).indexOf(bytes);
    return at === -1 ? -1 : from + at;
  }

  /** Takes a copy of the first bytes, and drops them. */
  take(lengthBytes: number): Buffer {
    const view = this.view(0, lengthBytes);
    // Not of the pool that small buffers share: one that is kept would hold all of it.
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
