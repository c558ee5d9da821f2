import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { UploadFilesService } from '../../blobs/upload-files.service.js';
import { StoreError } from '../../common/errors.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import type { SentPart } from './sent-part.js';
import { suffixOf, type UploadMetadata } from './tus.js';
import { UnderWrite } from './under-write.js';
import { checkPart, inUse, whyNoMore } from './upload-rules.js';
import { isComplete, UPLOADS_KEEP_FREE_SHARE, type Upload } from './upload.js';
import { UploadsRepository } from './uploads.repository.js';
import { UPLOADS_QUOTA, UPLOADS_QUOTA_PER_PRINCIPAL } from './uploads.settings.js';

/** When somebody may try again whose quota is used up: others finish, or expire. */
const RETRY_SECONDS = 60;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Files that arrive in parts, for imports. Each belongs to who began it, and to nobody else it exists. */
@Injectable()
export class UploadsService {
  private readonly logger = new Logger(UploadsService.name);
  private readonly writes = new UnderWrite();

  constructor(
    private readonly repository: UploadsRepository,
    private readonly files: UploadFilesService,
    private readonly transactions: TransactionsService,
    private readonly settings: SettingsService,
  ) {}

  /** The largest file that one principal may upload. */
  async maxBytes(): Promise<number> {
    return Math.min(
      await this.settings.get(UPLOADS_QUOTA),
      await this.settings.get(UPLOADS_QUOTA_PER_PRINCIPAL),
    );
  }

  /**
   * Begins an upload. Its bytes count from now on, arrived or not.
   *
   * @throws StoreError `too-large` above {@link maxBytes}, `too-many-requests` if a quota or the disk is used up by
   *   uploads that are not imported yet
   */
  async begin(principal: string, { text, name }: UploadMetadata, lengthBytes: number): Promise<Upload> {
    if (lengthBytes === 0)
      throw new StoreError('invalid-request', `cannot accept upload ${name}: it is empty`, {
        field: 'Upload-Length',
      });
    const maxBytes = await this.maxBytes();
    if (lengthBytes > maxBytes)
      throw new StoreError(
        'too-large',
        `cannot accept upload ${name}: it has ${lengthBytes} bytes, and one upload may have ${maxBytes} (${UPLOADS_QUOTA_PER_PRINCIPAL.key}, ${UPLOADS_QUOTA.key})`,
      );
    const spareBytes = await this.files.spareBytes(UPLOADS_KEEP_FREE_SHARE);
    const quotas = {
      all: await this.settings.get(UPLOADS_QUOTA),
      each: await this.settings.get(UPLOADS_QUOTA_PER_PRINCIPAL),
    };
    return await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const why = whyNoMore(await this.repository.totals(tx, principal), lengthBytes, quotas, spareBytes);
      if (why !== undefined)
        throw new StoreError('too-many-requests', `cannot accept upload ${name}: ${why}`, {
          retryAfterSeconds: RETRY_SECONDS,
        });
      const id = randomUUID();
      const added = await this.repository.add(tx, { id, principal, name, metadata: text, lengthBytes });
      return found(added, id);
    });
  }

  /** The uploads of somebody that are not imported yet, by id. */
  async list(principal: string): Promise<Upload[]> {
    return await this.repository.findAll(principal);
  }

  /** @throws StoreError `not-found` if somebody has no such upload, or it has expired */
  async get(principal: string, id: string): Promise<Upload> {
    return found(UUID.test(id) ? await this.repository.find(principal, id) : undefined, id);
  }

  /** As {@link get}, for somebody who is about to go on: a part that still arrives is ended and counted first. */
  async getToResume(principal: string, id: string): Promise<Upload> {
    await this.get(principal, id);
    await this.writes.end(id);
    return await this.get(principal, id);
  }

  /**
   * Adds a part to a file. When the connection breaks, what has arrived counts.
   *
   * @throws StoreError `conflict` if the part does not begin where the file ends, or the file is being imported;
   *   `too-large` if it goes beyond the end of the file; `checksum-mismatch`; `too-many-requests` beyond
   *   `MAX_PARTS_PER_PRINCIPAL` or `MAX_PARTS`
   */
  async append(principal: string, id: string, part: SentPart): Promise<Upload> {
    await this.getToResume(principal, id);
    return await this.writes.run({ id, principal, cut: part.cut }, async () => {
      const writer = randomUUID();
      const upload = await this.transactions.run(async (tx) => {
        const present = found(await this.repository.lockOne(tx, principal, id), id);
        checkPart(present, part);
        await this.repository.putWriter(tx, id, writer);
        return present;
      });
      return await this.write(upload, writer, part);
    });
  }

  /** Ends the parts that arrive, which a server that stops would wait for. Clients go on with them later. */
  endParts(): void {
    this.writes.endAll();
  }

  /** @throws StoreError `not-found`; `conflict` if it is being imported */
  async remove(principal: string, id: string): Promise<void> {
    await this.getToResume(principal, id);
    await this.transactions.run(async (tx) => {
      const present = found(await this.repository.lockOne(tx, principal, id), id);
      if (present.jobId !== null) throw inUse(present);
      await this.repository.delete(tx, id);
    });
    await this.files.remove(id);
  }

  /**
   * Gives uploads to an import, in the transaction that makes its job.
   *
   * @throws StoreError `not-found`; `conflict` if one is not complete, or is being imported already
   */
  async claim(tx: EntityManager, principal: string, ids: readonly string[], jobId: number): Promise<void> {
    for (const id of ids) {
      const upload = found(await this.repository.lockOne(tx, principal, id), id);
      if (upload.jobId !== null) throw inUse(upload);
      if (!isComplete(upload))
        throw new StoreError(
          'conflict',
          `cannot import upload ${upload.name}: ${upload.receivedBytes} of ${upload.lengthBytes} bytes have arrived; send the rest`,
        );
    }
    await this.repository.putJob(tx, ids, jobId);
  }

  /** Takes the uploads back from an import that did not use them up. */
  async release(tx: EntityManager, jobId: number): Promise<void> {
    await this.repository.release(tx, jobId);
  }

  /** Deletes the uploads of an import. @returns removes their files, after the transaction */
  async consume(tx: EntityManager, jobId: number): Promise<() => Promise<void>> {
    const ids = await this.repository.deleteOf(tx, jobId);
    return async () => await this.removeFiles(ids);
  }

  /** The file of an upload. */
  pathOf({ id, name }: Pick<Upload, 'id' | 'name'>): string {
    return this.files.pathOf(id, suffixOf(name));
  }

  /** Deletes what has expired, and files of which no row knows. */
  async clear(): Promise<void> {
    // Listed before the rows are read: an upload that begins meanwhile has a row first.
    const folders = await this.files.list();
    await this.removeFiles(await this.transactions.run((tx) => this.repository.deleteExpired(tx)));
    const existing = await this.repository.existing(folders);
    await this.removeFiles(folders.filter((id) => !existing.has(id)));
  }

  private async write(upload: Upload, writer: string, part: SentPart): Promise<Upload> {
    let latest = upload;
    const { offset, source, checksum, lengthBytes } = part;
    const { lengthBytes: written, cutBy } = await this.files.write(this.pathOf(upload), {
      offset,
      source,
      checksum,
      limitBytes: lengthBytes,
      onFlushed: async (received) => {
        const kept = await this.transactions.run((tx) =>
          this.repository.putReceived(tx, upload.id, writer, received),
        );
        if (!kept)
          throw new StoreError(
            'conflict',
            `cannot accept the part of upload ${upload.name}: it is sent over another connection by now`,
          );
        latest = kept;
      },
    });
    if (cutBy === undefined) return latest;
    throw new StoreError(
      'invalid-request',
      `cannot read the part of upload ${upload.name}: it is cut off at byte ${written}; ask where to go on with HEAD`,
      { cause: cutBy },
    );
  }

  private async removeFiles(ids: readonly string[]): Promise<void> {
    for (const id of ids)
      await this.files
        .remove(id)
        .catch((error: unknown) => this.logger.warn(`cannot remove upload ${id}: ${String(error)}`));
  }
}

function found(upload: Upload | undefined, id: string): Upload {
  if (upload) return upload;
  throw new StoreError(
    'not-found',
    `cannot find upload ${JSON.stringify(id.slice(0, 80))}: you have no such upload, or it has expired`,
  );
}
