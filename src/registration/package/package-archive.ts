import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Header, type Pack } from 'tar-stream';
import { StoreError } from '../../common/errors.js';
import { accountHint } from '../../common/files/store-account.js';
import { syncFolder } from '../../common/files/sync-folder.js';
import { checkMemberName, encodeList, LIST_FILE, LIST_SIGNATURE_FILE } from './package-list.js';
import type { PackedFile } from './program-files.js';

/** A file that is generated for the package. */
export interface WrittenFile {
  readonly name: string;
  readonly text: string;
  readonly mode?: number;
}

/** Signs the list of a package. @returns the content of its signature file */
export type SignList = (list: string) => string;

/** Private, because the package contains a private key. */
const FILE_MODE = 0o600;
const PLAIN = 0o644;
const EXECUTABLE = 0o755;

/** Writes the entries of one package and collects the digest of every file for the list. */
class ArchiveWriter {
  private readonly digests = new Map<string, string>();

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
    await pipeline(createReadStream(path), hashing(hash), entry as unknown as Writable);
    this.note(name, hash.digest('hex'));
  }

  async finish(sign: SignList | undefined): Promise<void> {
    const list = encodeList(this.digests);
    await this.entry({ name: LIST_FILE, mode: PLAIN, mtime: this.now }, list);
    if (sign) await this.entry({ name: LIST_SIGNATURE_FILE, mode: PLAIN, mtime: this.now }, sign(list));
    this.archive.finalize();
  }

  private note(name: string, digest: string): void {
    checkMemberName(name);
    this.digests.set(name, digest);
  }

  private async entry(header: Partial<Header> & { readonly name: string }, content = ''): Promise<void> {
    await new Promise<void>((settle, fail) => {
      this.archive.entry({ ...header, name: `${this.folder}/${header.name}` }, content, (error) =>
        error ? fail(error) : settle(),
      );
    });
  }
}

/** Hashes the chunks that pass through. */
function hashing(hash: Hash): (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (chunks) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

/**
 * Writes a tar.gz with a list of its members. At any time, either the complete old or the complete new file exists.
 *
 * @param folder - the only folder in it
 * @param sign - signs the list; without it the package is not signed
 * @returns the SHA-256 of the file, in hex
 * @throws StoreError `storage-failed` if it cannot be written
 */
export async function writeArchive(
  output: string,
  folder: string,
  entries: readonly (PackedFile | WrittenFile)[],
  sign?: SignList,
): Promise<string> {
  const temporary = `${output}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', FILE_MODE);
    const archive = pack();
    const writer = new ArchiveWriter(archive, folder, new Date());
    const hash = createHash('sha256');
    const written = pipeline(archive, createGzip(), hashing(hash), file.createWriteStream({ flush: true }));
    const filled = fill(writer, entries, sign).catch((error: unknown) => {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    await Promise.all([filled, written]);
    await rename(temporary, output);
    await syncFolder(dirname(output));
    return hash.digest('hex');
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof StoreError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError('storage-failed', `cannot write ${basename(output)}: ${why}${accountHint(error)}`, {
      cause: error,
    });
  }
}

async function fill(
  writer: ArchiveWriter,
  entries: readonly (PackedFile | WrittenFile)[],
  sign: SignList | undefined,
): Promise<void> {
  for (const entry of entries) await ('text' in entry ? writer.writeText(entry) : writer.copy(entry));
  await writer.finish(sign);
}
