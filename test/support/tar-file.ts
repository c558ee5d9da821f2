import { createWriteStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { archiveFiles } from '../../src/bundles/tar-entries.js';

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

/** The files of a tar.gz by their paths. */
export async function readTarGz(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const file of archiveFiles(path, true, () => undefined))
    files.set(file.path, await buffer(file.content));
  return files;
}
