import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { DigestThread } from './digest-thread.js';

const SLOT_BYTES = 1_000;

it.each([
  [[]],
  [[0]],
  [[1]],
  [[SLOT_BYTES]],
  [[SLOT_BYTES + 1]],
  [[7 * SLOT_BYTES]],
  [Array.from({ length: 40 }, (_, index) => index * 97)],
])('hashes pieces of %j bytes', async (sizes) => {
  const hash = createHash('sha3-384');
  const thread = new DigestThread(SLOT_BYTES);
  try {
    for (const size of sizes) {
      const piece = randomBytes(size);
      hash.update(piece);
      await thread.update(piece);
      piece.fill(0); // the thread has its own copy
    }
    expect((await thread.digest()).equals(hash.digest())).toBe(true);
  } finally {
    await thread.close();
  }
});
