import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Header, type Pack } from 'tar-stream';
import { StoreError } from '../../common/errors.js';
import type { PackedFile } from './program-files.js';

/** A file of the package that is made here. */
export interface WrittenFile {
  readonly name: string;
  readonly text: string;
  readonly mode?: number;
}

export const CHECKSUMS_FILE = 'SHA256SUMS';
/** The package holds a private key. */
const FILE_MODE = 0o600;
const PLAIN = 0o644;
const EXECUTABLE = 0o755;

/** Writes the entries of one package, and notes the digest of every file for the last of them. */
class ArchiveWriter {
  private readonly sums: string[] = [];

  constructor(
    private readonly archive: Pack,
    private readonly folder: string,
    private readonly now: Date,
  ) {}

  async writeText({ name, text, mode = PLAIN }: WrittenFile): Promise<void> {
    this.note(name, createHash('sha256').update(text).digest('hex'));
    await this.entry({ name, mode, mtime: this.now }, text);
  }

  async copy({ name, path }: PackedFile): Promise<void> {
    const { size, mode, mtime } = await stat(path);
    const hash = createHash('sha256');
    const isProgram = (mode & 0o111) !== 0;
    const entry = this.archive.entry({
      name: `${this.folder}/${name}`,
      size,
      mode: isProgram ? EXECUTABLE : PLAIN,
      mtime,
    });
    await pipeline(
      createReadStream(path),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      entry as unknown as Writable,
    );
    this.note(name, hash.digest('hex'));
  }

  async finish(): Promise<void> {
    await this.entry({ name: CHECKSUMS_FILE, mode: PLAIN, mtime: this.now }, `${this.sums.join('\n')}\n`);
    this.archive.finalize();
  }

  private note(name: string, digest: string): void {
    this.sums.push(`${digest}  ${name}`);
  }

  private async entry(header: Partial<Header> & { readonly name: string }, content = ''): Promise<void> {
    await new Promise<void>((settle, fail) => {
      this.archive.entry({ ...header, name: `${this.folder}/${header.name}` }, content, (error) =>
        error ? fail(error) : settle(),
      );
    });
  }
}

/**
 * Writes a tar.gz: the old file or the new one is there at any time, never half of either.
 *
 * @param folder - the one folder in it
 * @throws StoreError `storage-failed` where it cannot be written
 */
export async function writeArchive(
  output: string,
  folder: string,
  entries: readonly (PackedFile | WrittenFile)[],
): Promise<void> {
  const temporary = `${output}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', FILE_MODE);
    const archive = pack();
    const writer = new ArchiveWriter(archive, folder, new Date());
    const written = pipeline(archive, createGzip(), file.createWriteStream({ flush: true }));
    const filled = fill(writer, entries).catch((error: unknown) => {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    await Promise.all([filled, written]);
    await rename(temporary, output);
    await flushFolder(dirname(output));
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof StoreError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError('storage-failed', `cannot write ${basename(output)}: ${why}`, { cause: error });
  }
}

async function fill(writer: ArchiveWriter, entries: readonly (PackedFile | WrittenFile)[]): Promise<void> {
  for (const entry of entries) await ('text' in entry ? writer.writeText(entry) : writer.copy(entry));
  await writer.finish();
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
