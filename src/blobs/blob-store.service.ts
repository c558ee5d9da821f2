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

/** A file that was written and flushed under a temporary name, and waits to be placed. */
export interface StagedBlob extends CopyResult {
  readonly path: string;
}

/** A file that nothing was written to for so long was left behind, or waits for something. */
const STILL_WRITING_MS = 2_000;

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The snap files, by digest, on the local disk:
 *
 * ```
 * blobs/incoming/<pid>-<random>      being written
 * blobs/ab/cd/abcd…                  whole, flushed, named by its SHA3-384 in hex
 * ```
 *
 * A file under its digest is complete: it is renamed there only after it was flushed. Rows
 * come after files, so a crash leaves at most a file without a row.
 */
@Injectable()
export class BlobStoreService {
  private readonly root: string;
  private readonly incoming: string;

  constructor(unit: UnitConfigService) {
    this.root = join(unit.dataDir, 'blobs');
    this.incoming = join(this.root, 'incoming');
  }

  /**
   * Writes a stream under a temporary name, hashing it on the way, and flushes it.
   *
   * @throws StoreError `too-large` past `limitBytes`, `storage-failed` where the disk refuses; nothing stays behind
   */
  async stage(source: AsyncIterable<Buffer>, limitBytes: number): Promise<StagedBlob> {
    const path = join(this.incoming, `${process.pid}-${randomUUID()}`);
    let file: FileHandle | undefined;
    try {
      await this.makeDirectory(this.incoming);
      file = await open(path, 'wx', PRIVATE_FILE);
      const result = await copyHashed(source, file, limitBytes);
      return { ...result, path };
    } catch (error) {
      await rm(path, { force: true });
      throw this.explain(error);
    } finally {
      await file?.close();
    }
  }

  /** Gives a staged file its name for good. Placing the same content again is harmless. */
  async place(staged: StagedBlob): Promise<void> {
    const target = this.pathOf(staged.digest);
    try {
      await this.makeDirectory(dirname(target));
      await rename(staged.path, target);
      await syncFolder(dirname(target));
      await syncFolder(dirname(dirname(target)));
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Takes a staged file away. */
  async discard(staged: StagedBlob): Promise<void> {
    await rm(staged.path, { force: true });
  }

  /** Takes a placed file away; only for a caller that knows that no row names it. */
  async remove(digest: Buffer): Promise<void> {
    await rm(this.pathOf(digest), { force: true });
  }

  /** The file's size in bytes, or undefined where it is not there. */
  async findSize(digest: Buffer): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(digest))).size;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw this.explain(error);
    }
  }

  /**
   * Opens a file that is sent, so that a missing or short one is an error before its first byte.
   *
   * @param sizeBytes - what was recorded of it
   * @param otherwise - the code of the refusal where the file is gone or not whole: a store that has the snap but not
   *   its file is at fault, and for snapd that is a reason to try again
   * @throws StoreError of that code; `storage-failed` where the disk refuses
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

  /** Removes what processes that are gone left half written. */
  async sweepIncoming(): Promise<void> {
    try {
      for (const name of await readdir(this.incoming)) {
        if (!isAlive(Number.parseInt(name, 10))) await rm(join(this.incoming, name), { force: true });
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw this.explain(error);
    }
  }

  /** Whether another process is writing a file here: an import is at work. */
  async isWrittenByOthers(): Promise<boolean> {
    const names = await readdir(this.incoming).catch(() => []);
    for (const name of names) {
      if (name.startsWith(`${process.pid}-`)) continue;
      const info = await stat(join(this.incoming, name)).catch(() => undefined);
      if (info && Date.now() - info.mtimeMs < STILL_WRITING_MS) return true;
    }
    return false;
  }

  /** How much of the disk is free, from 0 to 1. */
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
