import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { ByteBudget } from '../../common/byte-budget.js';
import { clientAddress } from '../../common/http/client-address.js';
import { MAX_PIECES_BYTES, MAX_PIECES_PER_ADDRESS_BYTES } from '../../common/limits.js';
import type { ByteRange } from './byte-range.js';

/** Read and send in pieces of this size: four times the speed of Node's default. */
const PIECE_BYTES = 1 << 20;

/** Where there is no memory for large pieces: clients may leave them lying. */
const SMALL_PIECE_BYTES = 64 << 10;

/** Memory of both kinds that is kept for the next downloads, in bytes. */
const SPARE_BYTES = 64 << 20;
const SPARE_SMALL_BYTES = 16 << 20;

/** Pieces that are used again: dropped ones stay in memory until they are collected, which floods do not wait for. */
class Pieces {
  private readonly spare: Buffer[] = [];

  constructor(
    private readonly bytes: number,
    private readonly maxSpareBytes: number,
  ) {}

  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(this.bytes);
  }

  giveBack(piece: Buffer): void {
    if (this.spare.length * this.bytes < this.maxSpareBytes) this.spare.push(piece);
  }
}

const large = new Pieces(PIECE_BYTES, SPARE_BYTES);
const small = new Pieces(SMALL_PIECE_BYTES, SPARE_SMALL_BYTES);

/** Of large pieces. Small ones are as few as there are connections. */
const budget = new ByteBudget({
  perAddressBytes: MAX_PIECES_PER_ADDRESS_BYTES,
  totalBytes: MAX_PIECES_BYTES,
  reservedBytes: 0,
});

/** @returns undefined where this address, or all of them, have as many large ones as they may */
function takeLarge(address: string): Buffer | undefined {
  return budget.take(address, PIECE_BYTES) ? undefined : large.take();
}

/** Once the system has sent it, or closed what it was for: nobody reads from it then. */
function giveBack(address: string, piece: Buffer): void {
  if (piece.length !== PIECE_BYTES) return small.giveBack(piece);
  budget.give(address, PIECE_BYTES);
  large.giveBack(piece);
}

/**
 * Settles also where the client goes away: Node then forgets the callback of a write that was under way. A socket
 * tells that it is closed once the system has let go of what it had to send.
 */
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
      piece = takeLarge(address);
      if (!piece) {
        // Nothing is read ahead then.
        if (!(await writing)) return false;
        piece = small.take();
      }
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - position), position);
      if (bytesRead === 0) throw new Error(`file ends at byte ${position} of ${end}`);
      if (!(await writing)) return false;
      const sent = piece;
      piece = undefined;
      writing = write(response, sent.subarray(0, bytesRead))
        .then(
          () => true,
          () => false,
        )
        .finally(() => giveBack(address, sent));
      position += bytesRead;
    }
    return await writing;
  } finally {
    if (piece) giveBack(address, piece);
  }
}
