import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { ByteBudget } from '../common/byte-budget.js';
import { clientAddress } from '../common/client-address.js';
import { MAX_PIECES_BYTES, MAX_PIECES_PER_ADDRESS_BYTES } from '../common/limits.js';
import type { ByteRange } from './byte-range.js';

/** Read and send in pieces of this size: four times the speed of Node's default. */
const PIECE_BYTES = 1 << 20;

/** Where there is no memory for large pieces: clients may leave them lying. */
const SMALL_PIECE_BYTES = 64 << 10;

/** Large pieces kept for the next download; more than this many at once are made and dropped. */
const SPARE_PIECES = 32;

const spare: Buffer[] = [];

/** Of large pieces. Small ones are as few as there are connections. */
const budget = new ByteBudget({
  perAddressBytes: MAX_PIECES_PER_ADDRESS_BYTES,
  totalBytes: MAX_PIECES_BYTES,
  reservedBytes: 0,
});

/** @returns undefined where this address, or all of them, have as many as they may */
function takePiece(address: string): Buffer | undefined {
  if (budget.take(address, PIECE_BYTES)) return undefined;
  return spare.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
}

/** @param isUnused - whether nobody else, such as the system, may still read from it */
function returnPiece(address: string, piece: Buffer, isUnused: boolean): void {
  if (piece.length !== PIECE_BYTES) return;
  budget.give(address, PIECE_BYTES);
  if (isUnused && spare.length < SPARE_PIECES) spare.push(piece);
}

/** Settles also where the client goes away: Node then forgets the callback of a write that was under way. */
async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  const { socket } = response.req;
  await new Promise<void>((resolve, reject) => {
    const gone = () => reject(new Error('the client went away'));
    if (socket.destroyed) return gone();
    socket.once('close', gone);
    response.write(bytes, (error) => {
      socket.off('close', gone);
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * Sends part of a file as a response's body: the next piece is read while one is on its way, and
 * pieces are used again. Not `createReadStream`, which allocates every piece anew: that costs
 * more than reading it.
 *
 * @returns `false` where the client went away before the end
 * @throws the file's own errors; the response is cut then, since its head is gone already
 */
export async function sendFile(
  response: ServerResponse,
  file: FileHandle,
  { start, end }: ByteRange,
): Promise<boolean> {
  const address = clientAddress(response.req);
  let writing: Promise<boolean> = Promise.resolve(true);
  let piece: Buffer | undefined;
  try {
    for (let position = start; position < end;) {
      piece = takePiece(address);
      if (!piece) {
        // Nothing is read ahead then.
        if (!(await writing)) return false;
        piece = Buffer.allocUnsafeSlow(SMALL_PIECE_BYTES);
      }
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - position), position);
      if (bytesRead === 0) throw new Error(`file ends at byte ${position} of ${end}`);
      if (!(await writing)) return false;
      const sent = piece;
      piece = undefined;
      writing = write(response, sent.subarray(0, bytesRead)).then(
        () => (returnPiece(address, sent, true), true),
        () => (returnPiece(address, sent, false), false),
      );
      position += bytesRead;
    }
    return await writing;
  } finally {
    if (piece) returnPiece(address, piece, true);
  }
}
