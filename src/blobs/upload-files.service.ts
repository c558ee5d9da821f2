import { createHash, type Hash } from 'node:crypto';
import { open, readdir, rm, statfs, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { diskFailure } from '../common/files/disk-failure.js';
import { makeFolders } from '../common/files/make-folders.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../common/files/private-files.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { INCOMING, UPLOAD_PREFIX } from './incoming.js';

/** A part is flushed, and its length is noted, after this many bytes: a crash loses no more than these. */
export const UPLOAD_FLUSH_BYTES = 16 << 20;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The algorithms of checksums. tus requires the first one. */
export const CHECKSUM_ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const;

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** A part of a file that arrives. */
export interface UploadPart {
  /** Where in the file it begins. */
  readonly offset: number;
  readonly limitBytes: number;
  readonly source: AsyncIterable<Buffer>;
  /** Without it, what has arrived of a part counts when the connection breaks. With it, a part counts as a whole. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly digest: Buffer } | undefined;
  /** Called with the length that the file has now, after it was flushed. */
  readonly onFlushed: (lengthBytes: number) => Promise<void>;
}

/**
 * The files that are uploaded, in `blobs/incoming/upload-<id>/`. Each has a folder of its own: an import looks for
 * assertions and components next to a file, and must not find those of another person.
 */
@Injectable()
export class UploadFilesService {
  private readonly incoming: string;

  constructor(unit: UnitConfigService) {
    this.incoming = join(unit.dataDir, INCOMING);
  }

  /** @param suffix - such as `.snap`: imports use it to tell a component from a snap */
  pathOf(id: string, suffix: string): string {
    return join(this.folderOf(id), `file${suffix}`);
  }

  /**
   * Writes a part of a file.
   *
   * @returns the length that the file has now, and whether the part was cut off
   * @throws StoreError `checksum-mismatch`, and then nothing of the part counts; `too-large` if it is longer than its
   *   limit, `storage-failed` if writing fails
   */
  async write(path: string, part: UploadPart): Promise<{ lengthBytes: number; cutBy: unknown }> {
    let file: FileHandle | undefined;
    try {
      makeFolders(dirname(path), PRIVATE_FOLDER);
      file = await openPart(path);
      return await new PartWriter(file, part).run();
    } catch (error) {
      throw diskFailure('cannot store the upload', error);
    } finally {
      await file?.close();
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true });
  }

  /** The ids of all uploads that have a folder. */
  async list(): Promise<string[]> {
    const names = await readdir(this.incoming).catch(() => []);
    return names
      .filter((name) => name.startsWith(UPLOAD_PREFIX))
      .map((name) => name.slice(UPLOAD_PREFIX.length))
      .filter((id) => UUID.test(id));
  }

  /** The free bytes of the disk that are left when a part of it is kept for the store itself. */
  async spareBytes(keptShare: number): Promise<number> {
    makeFolders(this.incoming, PRIVATE_FOLDER);
    const { bavail, blocks, bsize } = await statfs(this.incoming);
    return Math.floor((bavail - blocks * keptShare) * bsize);
  }

  private folderOf(id: string): string {
    // The id is part of a path.
    if (!UUID.test(id)) throw new Error(`not the id of an upload: ${JSON.stringify(id)}`);
    return join(this.incoming, `${UPLOAD_PREFIX}${id}`);
  }
}

/** A file of which an earlier part was written keeps it. */
async function openPart(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', PRIVATE_FILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await open(path, 'r+');
  }
}

/** Writes one part. */
class PartWriter {
  private received = 0;
  private unflushed = 0;
  private readonly hash: Hash | undefined;

  constructor(
    private readonly file: FileHandle,
    private readonly part: UploadPart,
  ) {
    this.hash = part.checksum && createHash(part.checksum.algorithm);
  }

  async run(): Promise<{ lengthBytes: number; cutBy: unknown }> {
    const cutBy = await this.copy();
    const { offset, checksum } = this.part;
    if (checksum && (cutBy !== undefined || !this.hash?.digest().equals(checksum.digest))) {
      if (cutBy !== undefined) return { lengthBytes: offset, cutBy };
      throw new StoreError(
        'checksum-mismatch',
        `cannot accept the part from byte ${offset}: its bytes do not match Upload-Checksum; send it again`,
      );
    }
    await this.flush();
    return { lengthBytes: offset + this.received, cutBy };
  }

  /** @returns why the connection broke; undefined if the part is complete */
  private async copy(): Promise<unknown> {
    const chunks = this.part.source[Symbol.asyncIterator]();
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => ({ error }));
      if ('error' in next) return next.error ?? new Error('cut off');
      if (next.done === true) return undefined;
      await this.add(next.value);
    }
  }

  private async add(chunk: Buffer): Promise<void> {
    const { offset, limitBytes, checksum } = this.part;
    if (this.received + chunk.length > limitBytes)
      throw new StoreError('too-large', `cannot accept the part from byte ${offset}: it is too long`);
    for (let written = 0; written < chunk.length;) {
      const at = offset + this.received + written;
      written += (await this.file.write(chunk, written, chunk.length - written, at)).bytesWritten;
    }
    this.hash?.update(chunk);
    this.received += chunk.length;
    this.unflushed += chunk.length;
    if (!checksum && this.unflushed >= UPLOAD_FLUSH_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.unflushed > 0) await this.file.datasync();
    this.unflushed = 0;
    await this.part.onFlushed(this.part.offset + this.received);
  }
}
