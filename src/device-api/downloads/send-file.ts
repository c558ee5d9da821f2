import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { ByteBudget } from '../../common/byte-budget.js';
import { clientAddress } from '../../common/http/client-address.js';
import { MAX_PIECES_BYTES, MAX_PIECES_PER_ADDRESS_BYTES } from '../../common/limits.js';
import type { ByteRange } from './byte-range.js';

/** The size of the pieces to read and send: four times the speed of Node's default. */
const PIECE_BYTES = 1 << 20;

/** The size if there is no memory for large pieces, because clients may read slowly. */
const SMALL_PIECE_BYTES = 64 << 10;

/** Memory for pieces of both sizes that is kept for the next downloads, in bytes. */
const SPARE_BYTES = 64 << 20;
const SPARE_SMALL_BYTES = 16 << 20;

/** Pieces are reused: dropped ones stay in memory until the garbage collection, which is too late in a flood. */
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

/** Limits the large pieces. There are no more small ones than connections. */
const budget = new ByteBudget({
  perAddressBytes: MAX_PIECES_PER_ADDRESS_BYTES,
  totalBytes: MAX_PIECES_BYTES,
  reservedBytes: 0,
});

/** @returns undefined if this address, or all addresses, have reached the limit of large ones */
function takeLarge(address: string): Buffer | undefined {
  return budget.take(address, PIECE_BYTES) ? undefined : large.take();
}

/** After the system has sent it, or closed the connection: then nobody reads it. */
function giveBack(address: string, piece: Buffer): void {
  if (piece.length !== PIECE_BYTES) return small.giveBack(piece);
  budget.give(address, PIECE_BYTES);
  large.giveBack(piece);
}

/**
 * Also settles if the client disconnects, because Node then drops the callback of the pending write. A socket emits
 * `close` after the system has released its data.
 */
async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  const { socket } = response.req;
  await new Promise<void>((resolve, reject) => {
    const gone = () => reject(new Error('the client disconnected'));
    if (socket.destroyed) return gone();
    socket.once('close', gone);
    response.write(bytes, (error) => {
      socket.off('close', gone);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** How many bytes of files were sent. */
export interface SentBytes {
  bytes: number;
}

/**
 * Sends part of a file as a response's body. The next piece is read while one is sent, and pieces are reused. Not
 * `createReadStream`, which allocates every piece: that costs
 * more than reading it.
 *
 * @param sent - to which the bytes that were sent are added
 * @returns `false` if the client disconnected before the end
 * @throws the file's own errors; then the response is cut, because its head is already sent
 */
export async function sendFile(
  response: ServerResponse,
  file: FileHandle,
  { start, end }: ByteRange,
  sent: SentBytes,
): Promise<boolean> {
  const address = clientAddress(response.req);
  let writing: Promise<boolean> = Promise.resolve(true);
  let piece: Buffer | undefined;
  try {
    for (let position = start; position < end;) {
      piece = takeLarge(address);
      if (!piece) {
        // Then nothing is read ahead.
        if (!(await writing)) return false;
        piece = small.take();
      }
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - position), position);
      if (bytesRead === 0) throw new Error(`file ends at byte ${position} of ${end}`);
      if (!(await writing)) return false;
      const filled = piece;
      piece = undefined;
      writing = write(response, filled.subarray(0, bytesRead))
        .then(
          () => {
            sent.bytes += bytesRead;
            return true;
          },
          () => false,
        )
        .finally(() => giveBack(address, filled));
      position += bytesRead;
    }
    return await writing;
  } finally {
    if (piece) giveBack(address, piece);
  }
}
