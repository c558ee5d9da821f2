import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** A file that an archive holds many times, under a name of its own each time. */
export interface RepeatedEntry {
  readonly suffix: string;
  readonly bytes: Buffer;
  readonly times: number;
}

/** Writes an archive of a few hundred kilobytes that unpacks to as much as asked for. */
export async function writeBomb(path: string, entries: readonly RepeatedEntry[]): Promise<string> {
  const archive = pack();
  const written = pipeline(
    archive as unknown as NodeJS.ReadableStream,
    createGzip({ level: 6 }),
    createWriteStream(path),
  );
  for (const { suffix, bytes, times } of entries)
    for (let index = 0; index < times; index += 1)
      await new Promise<void>((settle, fail) =>
        archive.entry({ name: `${index}${suffix}` }, bytes, (error) => (error ? fail(error) : settle())),
      );
  archive.finalize();
  await written;
  return path;
}

/** Some bytes again and again, up to a length. */
export function repeated(bytes: Buffer, lengthBytes: number): Buffer {
  return Buffer.concat(Array.from({ length: Math.floor(lengthBytes / bytes.length) }, () => bytes));
}

/** A channel map of as many releases. */
export function channelMapOf(releases: number): Buffer {
  const release = '{"architecture":"amd64","risk":"edge","revision":1,"released-at":"2026-01-01T00:00:00Z"}';
  const list = Array.from({ length: releases }, () => release).join(',');
  return Buffer.from(`{"name":"x","channel-map":[${list}]}`);
}

/** The description of a snap with a text of this length. */
export function descriptionOf(length: number): Buffer {
  return Buffer.from(JSON.stringify({ snap: { name: 'x', description: 'd'.repeat(length) } }));
}
