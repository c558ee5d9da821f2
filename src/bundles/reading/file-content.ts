import { open } from 'node:fs/promises';
import { readReusedChunks } from '../../blobs/copy-hashed.js';

/** A file's content, in pieces that hold until the next one is asked for. */
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

/** The content of a file that is in memory already. */
export async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
