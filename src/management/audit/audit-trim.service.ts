import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import { syncFolderSync } from '../../common/files/sync-folder.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { UnitConfigService } from '../../settings/unit-config.service.js';
import { TRIM_ACTION, type AuditCheckpoint, type AuditEvent } from './audit-event.js';
import { auditEventView } from './audit-event.view.js';
import { AuditRepository, type AuditRange } from './audit.repository.js';
import { AuditService } from './audit.service.js';

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** In the data directory: where removed rows are written if no file is named. */
const EXPORT_FOLDER = 'audit';

/** What will be removed, or was. */
export interface AuditTrim extends AuditRange {
  readonly before: Date;
  /** With the removed rows, one JSON object a line. */
  readonly file: string;
}

/** Removes old rows of the audit trail, after they were exported. A row in the trail says so, and holds it together. */
@Injectable()
export class AuditTrimService {
  constructor(
    private readonly audit: AuditService,
    private readonly repository: AuditRepository,
    private readonly transactions: TransactionsService,
    private readonly unit: UnitConfigService,
  ) {}

  /**
   * Finds out what {@link trim} would remove.
   *
   * @param file - undefined: a file in the data directory, named by its rows
   * @returns undefined where no row is that old
   * @throws StoreError `invalid-request` on a time to come, `conflict` if the trail is not whole
   */
  async plan(before: Date, file: string | undefined): Promise<AuditTrim | undefined> {
    const refuse = (code: 'invalid-request' | 'conflict', why: string) =>
      new StoreError(code, `cannot trim the audit trail: ${why}`);
    if (before.getTime() > Date.now())
      throw refuse('invalid-request', `${before.toISOString()} is in the future; give a time that is past`);
    const { broken } = await this.audit.verify();
    if (broken !== undefined)
      throw refuse('conflict', `it is not whole (${broken}); keep it as it is until that is explained`);
    const range = await this.repository.findOlder(before);
    return range && { ...range, before, file: resolve(file ?? this.defaultFile(range)) };
  }

  /**
   * Writes the rows of a plan to its file, and then removes them.
   *
   * @throws StoreError `storage-failed` if the file exists or cannot be written, `conflict` if the trail was changed
   *   meanwhile. Nothing is removed then
   */
  async trim(plan: AuditTrim): Promise<void> {
    const newest = await this.export(plan);
    try {
      await this.remove(plan, newest);
    } catch (error) {
      // Where the database was lost, the rows may be gone, and the file is all there is of them.
      if (error instanceof StoreError && error.code === 'conflict') await rm(plan.file, { force: true });
      throw error;
    }
  }

  private async remove({ first, last, count, before, file }: AuditTrim, newest: AuditEvent): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.repository.lockHead(tx);
      if ((await this.repository.deleteUpTo(tx, last)) !== count) throw changedMeanwhile();
      const checkpoint: AuditCheckpoint = { first, last, hash: newest.hash.toString('hex') };
      const after = { ...checkpoint, count, before: before.toISOString(), file };
      this.audit.record(tx, { action: TRIM_ACTION, subject: `rows ${first} to ${last}`, after });
    });
  }

  /** @returns the newest row in the file */
  private async export(plan: AuditTrim): Promise<AuditEvent> {
    const { file } = plan;
    let isOurs = false;
    try {
      // A folder that somebody names is theirs to make.
      if (dirname(file) === this.exportFolder)
        await mkdir(this.exportFolder, { recursive: true, mode: PRIVATE_FOLDER });
      const handle = await open(file, 'wx', PRIVATE_FILE);
      isOurs = true;
      return await this.writeRows(handle, plan);
    } catch (error) {
      if (isOurs) await rm(file, { force: true });
      if (error instanceof StoreError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new StoreError('storage-failed', `cannot export the audit trail to ${file}: ${why}`, {
        cause: error,
      });
    }
  }

  private async writeRows(handle: FileHandle, { file, last, count }: AuditTrim): Promise<AuditEvent> {
    let [rows, newest]: [number, AuditEvent | undefined] = [0, undefined];
    try {
      for await (const event of this.audit.all(last)) {
        await handle.write(`${JSON.stringify(auditEventView(event))}\n`);
        [rows, newest] = [rows + 1, event];
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    syncFolderSync(dirname(file));
    if (newest && rows === count) return newest;
    throw changedMeanwhile();
  }

  private get exportFolder(): string {
    return join(this.unit.dataDir, EXPORT_FOLDER);
  }

  private defaultFile({ first, last }: AuditRange): string {
    return join(this.exportFolder, `audit-${first}-${last}.jsonl`);
  }
}

function changedMeanwhile(): StoreError {
  return new StoreError('conflict', 'cannot trim the audit trail: it was changed meanwhile; try again');
}
