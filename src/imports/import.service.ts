import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { BlobStoreService } from '../blobs/blob-store.service.js';
import type { ManifestTrust } from '../bundles/format/manifest-signature.js';
import { BundleReader } from '../bundles/reading/bundle-reader.js';
import { ImportBudget } from '../bundles/reading/import-budget.js';
import type { ImportInput } from '../bundles/reading/import-input.js';
import { openInput } from '../bundles/reading/open-input.js';
import { SERIES } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { Stoppable } from '../common/terminal/interruption.js';
import type { FileProgress } from '../common/terminal/progress.js';
import { visible } from '../common/visible-text.js';
import { isConnectionLoss } from '../database/database-failure.js';
import { BUNDLE_PUBLIC_KEY, BUNDLE_REQUIRE_SIGNATURE, BUNDLE_TRUSTED_KEYS } from '../keys/key.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { isDeclarationOf } from './collected-assertions.js';
import { ImportCollector } from './import-collector.js';
import { ImportCommitService, type BelievedImport } from './import-commit.service.js';
import type { ImportOptions, StoppableOptions } from './import-options.js';
import type { ImportReport } from './import-report.js';
import { snapImports } from './snap-import.js';

/** A file that was read completely. */
interface ReadImport {
  readonly shown: string;
  readonly input: ImportInput;
  readonly reader: BundleReader;
  readonly collector: ImportCollector;
}

/** The one-line error of a file that is not pushed. */
export function refusedPush(shown: string, refusal: StoreError): StoreError {
  return new StoreError(refusal.code, visible(`cannot push ${shown}: ${refusal.message}`), {
    cause: refusal,
  });
}

/**
 * Imports snaps into the store. First every signature up to a trusted root and every digest is verified. Then the whole
 * content of a file becomes visible at once, or none of it.
 */
@Injectable()
export class ImportService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly blobs: BlobStoreService,
    private readonly settings: SettingsService,
    private readonly commits: ImportCommitService,
  ) {}

  /**
   * Imports one file: a bundle, any archive of snaps and assertions, or a pair that `snap download` wrote.
   *
   * @throws StoreError in one line, with the store unchanged; `Interrupted`, also with the store unchanged, if the
   *   process is asked to stop before the commit
   */
  async import(path: string, options: ImportOptions, progress: FileProgress): Promise<ImportReport> {
    return await this.importOpened(
      path,
      () => openInput(path, options.claim?.isStoreExport),
      options,
      progress,
    );
  }

  /**
   * Imports a file that the caller opens.
   *
   * @param shown - its name in messages and the report
   * @throws StoreError in one line, with the store unchanged; `Interrupted` or the reason of `options.signal`, also with
   *   the store unchanged
   */
  async importOpened(
    shown: string,
    open: () => Promise<ImportInput>,
    options: ImportOptions,
    progress: FileProgress,
  ): Promise<ImportReport> {
    const interrupted = visible(`cannot push ${shown}: interrupted; nothing changed`);
    try {
      return await Stoppable.run(
        interrupted,
        async (stoppable) => {
          await this.blobs.sweepIncoming();
          return await this.importInput(shown, await open(), { ...options, stoppable }, progress);
        },
        options.signal,
      );
    } catch (error) {
      const refusal = isConnectionLoss(error)
        ? new StoreError('database-unavailable', 'the connection to the database was lost', { cause: error })
        : error;
      if (!(refusal instanceof StoreError)) throw error;
      throw refusedPush(shown, refusal);
    }
  }

  private async importInput(
    shown: string,
    input: ImportInput,
    options: StoppableOptions,
    progress: FileProgress,
  ): Promise<ImportReport> {
    const { stoppable, pool } = options;
    const budget = new ImportBudget();
    const reader = new BundleReader(input, await this.manifestTrust(), budget);
    const collector = new ImportCollector(this.assertions, this.blobs, budget, pool);
    const onBytes = (bytes: number) => {
      stoppable.check();
      progress.advance(bytes);
    };
    try {
      progress.begin(shown, input.sizeBytes);
      await collect(reader, collector, onBytes, stoppable);
      const believed = await this.plan({ shown, input, reader, collector }, options);
      stoppable.check();
      return await this.commits.commit(believed, options);
    } finally {
      progress.end();
      await collector.discard();
    }
  }

  /** Makes the checks that need the whole file, and groups its content by snap. */
  private async plan(
    { shown, input, reader, collector }: ReadImport,
    { claim, channels, dryRun, pool }: ImportOptions,
  ): Promise<BelievedImport> {
    const verified = await collector.assertions.finish();
    if (claim?.isStoreExport !== true) refuseWithoutSnap(reader, collector);
    reader.finish();
    const { manifest, signedBy } = reader;
    const snaps = await snapImports(
      { kind: input.kind, manifest, collected: collector },
      async (snapId) => await this.declaration(snapId, verified),
      channels,
    );
    // A dry run stores no assertions, so the other files of the command need them from the pool.
    if (dryRun === true) pool?.add(verified);
    const assertions = [...collector.assertions.all()];
    const blobs = collector.files.map(({ blob }) => blob);
    return { shown, input, manifest, signedBy, assertions, verified, blobs, snaps };
  }

  /** The bundle keys of the connected machines and of this machine. */
  private async manifestTrust(): Promise<ManifestTrust> {
    const own = await this.settings.find(BUNDLE_PUBLIC_KEY);
    const others = await this.settings.get(BUNDLE_TRUSTED_KEYS);
    return {
      keys: own ? [...others, own] : others,
      isRequired: await this.settings.get(BUNDLE_REQUIRE_SIGNATURE),
    };
  }

  /** The newest declaration of a snap: one from the file, or else the one in the store. */
  private async declaration(snapId: string, verified: readonly Assertion[]): Promise<Assertion> {
    const brought = verified.filter((one) => isDeclarationOf(one, snapId));
    const [newest] = brought.toSorted((a, b) => b.assertionRevision - a.assertionRevision);
    const found = newest ?? (await this.assertions.find('snap-declaration', [SERIES, snapId]));
    if (found) return found;
    throw new StoreError('invalid-bundle', `the snap-declaration of snap-id ${snapId} is missing`);
  }
}

/** Reads everything once, and files that came before their assertions a second time. */
async function collect(
  reader: BundleReader,
  collector: ImportCollector,
  onBytes: (count: number) => void,
  stoppable: Stoppable,
): Promise<void> {
  for await (const item of reader.items(onBytes)) await collector.take(item);
  if (!collector.isWaiting) return;
  const isWanted = (path: string) => collector.isWaitingFor(path);
  for await (const file of reader.signedFiles(isWanted, () => stoppable.check()))
    await collector.takeWaiting(file);
}

/** Refuses a file without snaps. A bundle whose files were all left out is not empty. */
function refuseWithoutSnap({ manifest }: BundleReader, { files }: ImportCollector): void {
  const leftOut = (manifest?.leftOut.length ?? 0) + (manifest?.leftOutComponents.length ?? 0);
  if (files.length === 0 && leftOut === 0) throw new StoreError('invalid-bundle', 'it contains no snap');
}
