// Runs in a thread of its own: hashes the pieces that `DigestThread` announces, and finally posts the digest.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { DigestRequest, DigestThreadData } from './digest-thread.js';

const { slots, slotBytes } = workerData as DigestThreadData;
const hash = createHash('sha3-384');

parentPort?.on('message', ({ slot, length }: DigestRequest) => {
  if (slot === undefined) return parentPort?.postMessage({ digest: hash.digest() });
  hash.update(new Uint8Array(slots, slot * slotBytes, length));
  parentPort?.postMessage({ slot });
});
