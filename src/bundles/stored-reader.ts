import type { FileHandle } from 'node:fs/promises';
import { COPY_CHUNK_BYTES } from '../blobs/copy-hashed.js';

/** RFC 1952, section 2.3: magic, method 8, no optional fields, then time, extra flags and system. */
const GZIP_START = Buffer.from([0x1f, 0x8b, 8, 0]);
const GZIP_HEADER_BYTES = 10;
/** CRC-32 of the content, and its length modulo 2^32. */
const GZIP_TRAILER_BYTES = 8;
/** RFC 1951, section 3.2.4: one bit for the last block, two for the type, padding; length; its complement. */
const BLOCK_HEADER_BYTES = 5;
const LAST_BLOCK = 0b001;
const BLOCK_TYPE = 0b110;
const TWO_BYTES = 0xffff;

/** The file does not consist of stored blocks, or it is cut off or damaged; zlib says which. */
export class NotStored extends Error {}

/** Reads a gzip file whose content is stored, not compressed: blocks after small headers, each aligned to a byte. */
export class StoredReader {
  /** Keeps the start of a block header that the last read cut in two. */
  private readonly window = Buffer.allocUnsafeSlow(COPY_CHUNK_BYTES);
  private start = 0;
  private end = 0;
  private position = 0;

  constructor(private readonly file: FileHandle) {}

  async readHeader(): Promise<void> {
    const header = await this.take(GZIP_HEADER_BYTES);
    if (!header.subarray(0, GZIP_START.length).equals(GZIP_START)) throw new NotStored();
  }

  /** The content of all blocks, in pieces of {@link COPY_CHUNK_BYTES}. */
  async *pieces(): AsyncGenerator<Buffer> {
    let piece = Buffer.allocUnsafeSlow(COPY_CHUNK_BYTES);
    let filled = 0;
    for (let isLast = false; !isLast;) {
      const header = await this.take(BLOCK_HEADER_BYTES);
      const flags = header.readUInt8(0);
      let left = header.readUInt16LE(1);
      if ((flags & BLOCK_TYPE) !== 0 || (left ^ header.readUInt16LE(3)) !== TWO_BYTES) throw new NotStored();
      isLast = (flags & LAST_BLOCK) !== 0;
      while (left > 0) {
        if (this.start === this.end) await this.fill(1);
        const count = Math.min(left, this.end - this.start, piece.length - filled);
        this.window.copy(piece, filled, this.start, this.start + count);
        this.start += count;
        filled += count;
        left -= count;
        if (filled < piece.length) continue;
        yield piece;
        piece = Buffer.allocUnsafeSlow(COPY_CHUNK_BYTES);
        filled = 0;
      }
    }
    if (filled > 0) yield piece.subarray(0, filled);
  }

  /** Checks the checksum and the length of the content, and that the file ends here. */
  async readTrailer(checksum: number, sizeBytes: number): Promise<void> {
    const trailer = await this.take(GZIP_TRAILER_BYTES);
    if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== sizeBytes % 2 ** 32)
      throw new NotStored();
    const { bytesRead } = await this.file.read(Buffer.alloc(1), 0, 1, this.position);
    if (this.start < this.end || bytesRead > 0) throw new NotStored();
  }

  /** The next bytes; they are valid until the next call. */
  private async take(count: number): Promise<Buffer> {
    if (this.end - this.start < count) await this.fill(count);
    this.start += count;
    return this.window.subarray(this.start - count, this.start);
  }

  /** Reads until at least this many bytes are available. */
  private async fill(count: number): Promise<void> {
    this.window.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    while (this.end < count) {
      const { bytesRead } = await this.file.read(
        this.window,
        this.end,
        this.window.length - this.end,
        this.position,
      );
      if (bytesRead === 0) throw new NotStored();
      this.position += bytesRead;
      this.end += bytesRead;
    }
  }
}
