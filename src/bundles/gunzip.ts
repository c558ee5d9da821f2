import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import { COPY_CHUNK_BYTES, readChunks } from '../blobs/copy-hashed.js';
import { NotStored, StoredReader } from './stored-reader.js';

/**
 * Unpacks a gzip file, in large pieces. Snaps are compressed themselves, so bundles contain them in stored blocks, which
 * only need copying. zlib needs three times as long for them, on the core that all parts of an import except hashing
 * share. Any other gzip goes through zlib.
 *
 * @param onBytes - called with the number of the file's bytes read since the last call
 * @throws Error of zlib, if the file is cut off or damaged
 */
export async function* gunzip(file: FileHandle, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  let passed = 0;
  let counted = 0;
  try {
    for await (const piece of storedPieces(new StoredReader(file))) {
      yield piece;
      passed += piece.length;
      // Stored content has the same number of bytes in the file, apart from a few headers.
      counted += piece.length;
      onBytes(piece.length);
    }
  } catch (error) {
    if (!(error instanceof NotStored)) throw error;
    let readBytes = 0;
    yield* unpackAfter(file, passed, (count) => {
      readBytes += count;
      const news = Math.min(count, readBytes - counted);
      if (news > 0) onBytes(news);
    });
  }
}

/** @throws NotStored if the file is not one complete and undamaged gzip member of stored blocks */
async function* storedPieces(reader: StoredReader): AsyncGenerator<Buffer> {
  let checksum = 0;
  let sizeBytes = 0;
  await reader.readHeader();
  for await (const piece of reader.pieces()) {
    checksum = crc32(piece, checksum);
    sizeBytes += piece.length;
    yield piece;
  }
  await reader.readTrailer(checksum, sizeBytes);
}

/** Unpacks the content after the first bytes with zlib, which also reports errors of the file. */
async function* unpackAfter(
  file: FileHandle,
  passed: number,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
  const source = Readable.from(counting(readChunks(file), onBytes), { objectMode: false });
  const unpacked = createGunzip({ chunkSize: COPY_CHUNK_BYTES });
  source.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  let toSkip = passed;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      if (toSkip < chunk.length) yield chunk.subarray(toSkip);
      toSkip = Math.max(0, toSkip - chunk.length);
    }
  } finally {
    // Zeros may follow the end: tapes and dd add them as padding.
    source.destroy();
  }
}

export async function* counting(
  chunks: AsyncIterable<Buffer>,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}
