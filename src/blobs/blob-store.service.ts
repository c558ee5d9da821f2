import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { digestToHex } from '../common/crypto/digest.js';
import { StoreError, type StoreErrorCode } from '../common/errors.js';
import { diskFailure } from '../common/files/disk-failure.js';
import { isAlive } from '../common/files/is-alive.js';
import { makeFolders } from '../common/files/make-folders.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../common/files/private-files.js';
import { syncFolder } from '../common/files/sync-folder.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { copyHashed, type CopyResult } from './copy-hashed.js';
import { INCOMING, UPLOAD_PREFIX } from './incoming.js';

/** A file that was written and flushed under a temporary name, but not placed yet. */
export interface StagedBlob extends CopyResult {
  readonly path: string;
}

/** The incomplete files of this process: an earlier process of the same number may have left some. */
const writing = new Set<string>();

/** If a file was not written to for this long, its import stopped or is waiting. */
const STILL_WRITING_MS = 2_000;

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Stores snap files on the local disk, by digest:
 *
 * ```
 * blobs/incoming/<pid>-<random>      being written
 * blobs/incoming/upload-<id>/        an upload, see UploadFilesService
 * blobs/ab/cd/abcd…                  complete, flushed, named by its SHA3-384 in hex
 * ```
 *
 * A file with its digest as name is complete: it is renamed only after it was flushed. Rows are committed after files,
 * so a crash leaves at most a file without a row.
 */
@Injectable()
export class BlobStoreService {
  private readonly root: string;
  private readonly incoming: string;

  constructor(unit: UnitConfigService) {
    this.root = join(unit.dataDir, 'blobs');
    this.incoming = join(unit.dataDir, INCOMING);
  }

  /**
   * Writes a stream under a temporary name, computes its digest and flushes it.
   *
   * @throws StoreError `too-large` above `limitBytes`, `storage-failed` if writing fails; no file is left behind
   */
  async stage(source: AsyncIterable<Buffer>, limitBytes: number): Promise<StagedBlob> {
    const path = join(this.incoming, `${process.pid}-${randomUUID()}`);
    writing.add(path);
    let file: FileHandle | undefined;
    try {
      await this.makeDirectory(this.incoming);
      file = await open(path, 'wx', PRIVATE_FILE);
      const result = await copyHashed(source, file, limitBytes);
      return { ...result, path };
    } catch (error) {
      await this.drop(path);
      throw this.explain(error);
    } finally {
      await file?.close();
    }
  }

  /** Renames a staged file to its digest. Placing the same content again is harmless. */
  async place(staged: StagedBlob): Promise<void> {
    const target = this.pathOf(staged.digest);
    try {
      await this.makeDirectory(dirname(target));
      await rename(staged.path, target);
      writing.delete(staged.path);
      await syncFolder(dirname(target));
      await syncFolder(dirname(dirname(target)));
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Removes a staged file. */
  async discard(staged: StagedBlob): Promise<void> {
    await this.drop(staged.path);
  }

  /** Removes a placed file. The caller must know that no row refers to it. */
  async remove(digest: Buffer): Promise<void> {
    await rm(this.pathOf(digest), { force: true });
  }

  /** The file's size in bytes; undefined if it does not exist. */
  async findSize(digest: Buffer): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(digest))).size;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw this.explain(error);
    }
  }

  /**
   * Opens a file for sending. A missing or incomplete file is an error before the first byte is sent.
   *
   * @param sizeBytes - the recorded size
   * @param otherwise - the error code for a missing or incomplete file. The default means a fault of the store, so that
   *   snapd tries again
   * @throws StoreError with that code; `storage-failed` if reading fails
   */
  async openWhole(
    digest: Buffer,
    sizeBytes: number,
    otherwise: StoreErrorCode = 'storage-failed',
  ): Promise<FileHandle> {
    const refuse = (why: string, cause?: unknown) =>
      new StoreError(otherwise, `cannot open blob ${digestToHex(digest)}: ${why}`, { cause });
    let file: FileHandle | undefined;
    try {
      file = await open(this.pathOf(digest), 'r');
      const { size } = await file.stat();
      if (size === sizeBytes) return file;
      throw refuse(`the file has ${size} bytes, not ${sizeBytes}`);
    } catch (error) {
      await file?.close();
      throw errorCode(error) === 'ENOENT' ? refuse('the file is missing', error) : this.explain(error);
    }
  }

  /** Removes incomplete files of processes that no longer run. */
  async sweepIncoming(): Promise<void> {
    try {
      for (const name of await readdir(this.incoming)) {
        if (!this.isInUse(name)) await rm(join(this.incoming, name), { force: true });
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw this.explain(error);
    }
  }

  /** Whether another process is writing a file here, so that an import is running. */
  async isWrittenByOthers(): Promise<boolean> {
    const names = await readdir(this.incoming).catch(() => []);
    for (const name of names) {
      if (name.startsWith(`${process.pid}-`) || name.startsWith(UPLOAD_PREFIX)) continue;
      const info = await stat(join(this.incoming, name)).catch(() => undefined);
      if (info && Date.now() - info.mtimeMs < STILL_WRITING_MS) return true;
    }
    return false;
  }

  /** The free part of the disk, from 0 to 1. */
  async freeShare(): Promise<number> {
    try {
      await this.makeDirectory(this.root);
      const { bavail, blocks } = await statfs(this.root);
      return blocks === 0 ? 1 : bavail / blocks;
    } catch (error) {
      throw this.explain(error);
    }
  }

  pathOf(digest: Buffer): string {
    const hex = digestToHex(digest);
    return join(this.root, hex.slice(0, 2), hex.slice(2, 4), hex);
  }

  private isInUse(name: string): boolean {
    if (name.startsWith(UPLOAD_PREFIX) || writing.has(join(this.incoming, name))) return true;
    const pid = Number.parseInt(name, 10);
    // In a container, a server has the same number after each start.
    return pid !== process.pid && isAlive(pid);
  }

  private async drop(path: string): Promise<void> {
    await rm(path, { force: true });
    writing.delete(path);
  }

  private async makeDirectory(path: string): Promise<void> {
    try {
      await mkdir(path, PRIVATE_FOLDER);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') makeFolders(path, PRIVATE_FOLDER);
      else if (errorCode(error) !== 'EEXIST') throw error;
    }
  }

  private explain(error: unknown): unknown {
    return diskFailure(`cannot store files in ${this.root}`, error);
  }
}
