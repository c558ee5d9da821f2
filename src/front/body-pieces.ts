import { JOINED_BODY_BYTES, UNJOINED_BODY_PIECES } from '../common/limits.js';

/**
 * A body that arrives in pieces. A piece of one byte takes some hundred bytes of memory. So short pieces are
 * joined on arrival, and the memory used is little more than the length of the body.
 */
export class BodyPieces {
  private readonly long: Buffer[] = [];
  private recent: Buffer[] = [];
  private recentBytes = 0;

  /** The number of pieces kept now. */
  get kept(): number {
    return this.long.length + this.recent.length;
  }

  add(piece: Buffer): void {
    this.recent.push(piece);
    this.recentBytes += piece.length;
    if (this.recentBytes < JOINED_BODY_BYTES && this.recent.length < UNJOINED_BODY_PIECES) return;
    const joined = this.joinRecent();
    if (joined.length < JOINED_BODY_BYTES) this.recent = [joined];
    else {
      this.long.push(joined);
      this.recent = [];
      this.recentBytes = 0;
    }
  }

  /** The body. */
  joined(): Buffer {
    return this.long.length === 0 ? this.joinRecent() : Buffer.concat([...this.long, ...this.recent]);
  }

  private joinRecent(): Buffer {
    const [only] = this.recent;
    return only && this.recent.length === 1 ? only : Buffer.concat(this.recent);
  }
}
