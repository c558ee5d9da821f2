import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** Writes a tar.gz of plain files. */
export async function writeTarGz(
  path: string,
  files: Readonly<Record<string, Buffer | string>>,
): Promise<string> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  await pipeline(archive as unknown as NodeJS.ReadableStream, createGzip(), createWriteStream(path));
  return path;
}
