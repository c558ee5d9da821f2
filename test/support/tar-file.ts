import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { archiveFiles } from '../../src/bundles/tar-entries.js';

/** One entry of an archive that a test makes. */
export interface TarPart {
  readonly name: string;
  readonly bytes?: Buffer;
  readonly header?: Partial<Header>;
}

/** A tar of exactly these entries, well formed or not. */
export async function tarOf(parts: readonly TarPart[], compressed = true): Promise<Buffer> {
  const archive = pack();
  for (const { name, bytes = Buffer.alloc(0), header } of parts) {
    if (header?.type !== undefined && header.type !== 'file') archive.entry({ name, ...header });
    else archive.entry({ name, ...header }, bytes);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  const source = compressed
    ? (archive as unknown as NodeJS.ReadableStream).pipe(createGzip({ level: 0 }))
    : archive;
  for await (const chunk of source as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Writes a tar.gz of plain files. */
export async function writeTarGz(
  path: string,
  files: Readonly<Record<string, Buffer | string>>,
): Promise<string> {
  const parts = Object.entries(files).map(([name, content]) => ({ name, bytes: Buffer.from(content) }));
  await writeFile(path, await tarOf(parts));
  return path;
}

/** The files of a tar.gz by their paths. */
export async function readTarGz(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const file of archiveFiles(path, true, () => undefined))
    files.set(file.path, await buffer(file.content));
  return files;
}
