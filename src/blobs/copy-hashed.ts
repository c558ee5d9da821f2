import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { StoreError } from '../common/errors.js';
import { DigestThread } from './digest-thread.js';

/** Size of the pieces that are read and written: large enough that hashing, not system calls, limits a copy. */
export const COPY_CHUNK_BYTES = 1 << 20;

/** Flush after this many bytes while copying, so that the last flush is short. */
const FLUSH_EVERY_BYTES = 32 << 20;

/** The result of a copy. */
export interface CopyResult {
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
}

/** Flushes in the background during the copy; `done` throws if a flush failed. */
class BackgroundFlush {
  private running: Promise<void> | undefined;
  private pendingBytes = 0;
  private failure: unknown;

  constructor(private readonly file: FileHandle) {}

  wrote(bytes: number): void {
    this.pendingBytes += bytes;
    if (this.pendingBytes < FLUSH_EVERY_BYTES || this.running) return;
    this.pendingBytes = 0;
    this.running = this.file.datasync().then(
      () => {
        this.running = undefined;
      },
      (error: unknown) => {
        this.failure = error;
      },
    );
  }

  async done(): Promise<void> {
    await this.running;
    if (this.failure !== undefined) throw this.failure;
    await this.file.sync();
  }
}

async function writeFully(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

/** Computes the SHA3-384 of successive pieces. */
interface Digester {
  update(piece: Buffer): Promise<void> | void;
  digest(): Promise<Buffer> | Buffer;
  close(): Promise<void> | void;
}

/** From this size on a thread is used: for smaller files, starting it takes longer than hashing. */
const THREAD_FROM_BYTES = 16 << 20;

function digesterFor(expectedBytes: number): Digester {
  if (expectedBytes >= THREAD_FROM_BYTES) return new DigestThread(COPY_CHUNK_BYTES);
  const hash = createHash('sha3-384');
  return { update: (piece) => void hash.update(piece), digest: () => hash.digest(), close: () => undefined };
}

/**
 * Copies a stream into a file and computes its digest. It reads the next piece, hashes the current one, writes the one
 * before and flushes earlier ones at the same time. Memory use is a few pieces, whatever the size is.
 *
 * @param limitBytes - largest accepted size, and about the expected size
 * @returns size and digest; the file is flushed to the disk
 * @throws StoreError `too-large` above the limit; errors of the source and the file unchanged
 */
export async function copyHashed(
  source: AsyncIterable<Buffer>,
  file: FileHandle,
  limitBytes: number,
): Promise<CopyResult> {
  const digester = digesterFor(limitBytes);
  try {
    const sizeBytes = await copyInto(source, file, digester, limitBytes);
    return { sizeBytes, digest: await digester.digest() };
  } finally {
    await digester.close();
  }
}

/** @returns the number of bytes copied, all of them flushed */
async function copyInto(
  source: AsyncIterable<Buffer>,
  file: FileHandle,
  digester: Digester,
  limitBytes: number,
): Promise<number> {
  const flush = new BackgroundFlush(file);
  const chunks = source[Symbol.asyncIterator]();
  let sizeBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    for (let next = chunks.next(); ;) {
      const { value: chunk, done } = await next;
      if (done) break;
      if (sizeBytes + chunk.length > limitBytes)
        throw new StoreError('too-large', `it is longer than ${limitBytes} bytes`);
      next = chunks.next();
      next.catch(() => undefined); // `await next` above throws it again, unless a write fails first
      await writing;
      writing = writeFully(file, chunk, sizeBytes);
      writing.catch(() => undefined); // `await writing` throws it again
      sizeBytes += chunk.length;
      await digester.update(chunk);
      flush.wrote(chunk.length);
    }
    await writing;
  } catch (error) {
    await writing.catch(() => undefined);
    await chunks.return?.();
    throw error;
  }
  await flush.done();
  return sizeBytes;
}

/** Number of pieces that a reader reuses: one is read, one hashed, one written, one is spare. */
const PIECES_IN_TURN = 4;

/** Reads a file from the start in large pieces. */
export async function* readChunks(file: FileHandle): AsyncGenerator<Buffer> {
  yield* readInto(file, () => Buffer.allocUnsafeSlow(COPY_CHUNK_BYTES));
}

/**
 * Reads a file for {@link copyHashed}, which no longer needs a piece when it requests the third one after it. So a few
 * pieces are reused for the whole file, and the system need not clear memory for each.
 */
export async function* readReusedChunks(file: FileHandle): AsyncGenerator<Buffer> {
  const pieces = Array.from({ length: PIECES_IN_TURN }, () => Buffer.allocUnsafeSlow(COPY_CHUNK_BYTES));
  let turn = 0;
  yield* readInto(file, () => pieces[(turn += 1) % PIECES_IN_TURN] ?? Buffer.alloc(0));
}

async function* readInto(file: FileHandle, nextPiece: () => Buffer): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const buffer = nextPiece();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
  }
}
