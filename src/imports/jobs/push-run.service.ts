import { stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { openInput } from '../../bundles/reading/open-input.js';
import { parseChannel } from '../../channels/channel.js';
import { StoreError } from '../../common/errors.js';
import type { TypedFile } from '../../common/files/given-files.js';
import type { FileProgress } from '../../common/terminal/progress.js';
import { ImportBatchService, pushSummary, type FileOutcome } from '../import-batch.service.js';
import type { ImportOptions } from '../import-options.js';
import { ImportService } from '../import.service.js';
import { missingSnapLines, MissingSnapsService } from '../missing-snaps.service.js';
import { UploadsService } from '../uploads/uploads.service.js';
import type { PushJob, PushJobEnd } from './push-job.js';
import { refusalOf, resultJson } from './push-result.view.js';

/** What is known of a push while it runs. */
export interface PushRun {
  readonly outcomes: FileOutcome[];
  readonly notes: string[];
  readonly onBytes: (done: number) => void;
}

/** Does what a job says: the same as `push-snap`, or `push-store`, with uploaded files. */
@Injectable()
export class PushRunService {
  constructor(
    private readonly batches: ImportBatchService,
    private readonly imports: ImportService,
    private readonly missing: MissingSnapsService,
    private readonly uploads: UploadsService,
  ) {}

  /**
   * @param run - receives the outcome of each file as soon as it is known
   * @throws the reason of `signal`, once the push has stopped; StoreError if it could not begin
   */
  async push(job: PushJob, run: PushRun, signal: AbortSignal): Promise<PushJobEnd> {
    const files = job.files.map(({ id, name }) => ({ shown: name, path: this.uploads.pathOf({ id, name }) }));
    await checkFiles(files);
    const { options } = job;
    const { store, pushChannelMap, dryRun, newTrack, isStoreExport } = options;
    const importOptions = {
      channels: options.channels.map(parseChannel),
      pushChannelMap,
      dryRun,
      claim: { storeId: store, ...(isStoreExport && { isStoreExport }) },
      knownTracksOnly: !newTrack,
      signal,
    };
    const count = new ByteCount(run.onBytes);
    if (isStoreExport) await this.pushStore(files, importOptions, run, count);
    else
      await this.batches.push(files, importOptions, {
        progress: () => count.next(),
        onNote: (line) => run.notes.push(line),
        onOutcome: (outcome) => run.outcomes.push(outcome),
      });
    return await this.endOf(run);
  }

  /** How a job has ended whose files were all looked at. */
  private async endOf({ outcomes, notes }: PushRun): Promise<PushJobEnd> {
    const missing = await this.missing.of(outcomes.flatMap(({ report }) => report ?? []));
    const all = [...notes, ...missingSnapLines(missing)];
    const result = resultJson({ outcomes, notes: all, missing });
    const failed = outcomes.filter(({ error }) => error !== undefined);
    if (failed.length === 0) return { state: 'done', result };
    const error = refusalOf(failed[0]?.error);
    const summary = pushSummary(outcomes);
    return { state: 'refused', result, error: { ...error, message: summary ?? error.message } };
  }

  private async pushStore(
    [file]: readonly TypedFile[],
    options: ImportOptions,
    run: PushRun,
    count: ByteCount,
  ): Promise<void> {
    if (!file) throw new StoreError('invalid-request', 'cannot import: there is no file');
    const { shown, path } = file;
    try {
      const open = () => openInput(path, true);
      run.outcomes.push({
        file: shown,
        report: await this.imports.importOpened(shown, open, options, count.next()),
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      run.outcomes.push({ file: shown, error });
    }
  }
}

/** Counts the bytes that were read. A file that is tried again counts again, up to the size of all. */
class ByteCount {
  private done = 0;

  constructor(private readonly onBytes: (done: number) => void) {}

  next(): FileProgress {
    return {
      begin: () => undefined,
      advance: (bytes) => this.onBytes((this.done += bytes)),
      end: () => undefined,
    };
  }
}

/** Units share the data directory, or each needs its own uploads. */
async function checkFiles(files: readonly TypedFile[]): Promise<void> {
  for (const { shown, path } of files) {
    const found = await stat(path).catch(() => undefined);
    if (!found)
      throw new StoreError(
        'storage-failed',
        `cannot push ${shown}: this unit does not have its upload; units must share the data directory`,
      );
  }
}
