import { open } from 'node:fs/promises';
import { readReusedChunks } from '../../blobs/copy-hashed.js';

/** A file's content, in pieces; each is valid until the next one is requested. */
export async function* fileContent(path: string, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for await (const chunk of readReusedChunks(file)) {
      onBytes(chunk.length);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

/** The content of a file that is already in memory. */
export async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
