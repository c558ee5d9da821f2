import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { BlobStoreService, type StagedBlob } from '../blobs/blob-store.service.js';
import type { ManifestTrust } from '../bundles/format/manifest-signature.js';
import { BundlePromise } from '../bundles/reading/bundle-promise.js';
import { openInput } from '../bundles/reading/import-input.js';
import type { ImportInput } from '../bundles/reading/pair-input.js';
import { SignedChangesService } from '../catalogue/signed-changes.service.js';
import { SnapImportRepository } from '../catalogue/snap-import.repository.js';
import { StoreError } from '../common/errors.js';
import { Stoppable } from '../common/terminal/interruption.js';
import { visible } from '../common/terminal/visible-text.js';
import { isConnectionLoss } from '../database/database-failure.js';
import { TransactionsService } from '../database/transactions.service.js';
import { BUNDLE_PUBLIC_KEY, BUNDLE_REQUIRE_SIGNATURE, BUNDLE_TRUSTED_KEYS } from '../keys/key.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { BundleAgeRepository } from './bundle-age.repository.js';
import { ImportJob } from './import-job.js';
import type { ImportOptions, ImportProgress, StoppableOptions } from './import-options.js';
import type { BundleFacts, ImportReport, SnapOutcome } from './import-report.js';
import { newerSeen } from './newer-bundles.js';
import { PendingImport } from './pending-import.js';
import { SnapCommitService, type CommitChoices } from './snap-commit.service.js';
import { snapImports, type SnapImport } from './snap-import.js';
import { StoreClaimService } from './store-claim.service.js';

/** A file whose content is believed. */
interface Checked {
  readonly shown: string;
  readonly input: ImportInput;
  readonly pending: PendingImport;
  readonly snaps: readonly SnapImport[];
  readonly verified: readonly Assertion[];
}

/** Why a file is not pushed, in one line. */
export function refusedPush(shown: string, refusal: StoreError): StoreError {
  return new StoreError(refusal.code, visible(`cannot push ${shown}: ${refusal.message}`), {
    cause: refusal,
  });
}

/** Thrown to undo what a dry run did inside its transaction. */
class DryRun extends Error {
  constructor(readonly report: ImportReport) {
    super('a dry run changes nothing');
  }
}

/**
 * Brings snaps into the store: every signature up to a trusted root and every digest is checked
 * first, and then all that a file holds becomes visible at once, or nothing of it.
 */
@Injectable()
export class ImportService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly blobs: BlobStoreService,
    private readonly changes: SignedChangesService,
    private readonly snapCommit: SnapCommitService,
    private readonly claims: StoreClaimService,
    private readonly repository: SnapImportRepository,
    private readonly transactions: TransactionsService,
    private readonly settings: SettingsService,
    private readonly ages: BundleAgeRepository,
  ) {}

  /**
   * Imports one file: a bundle, any archive of snaps and assertions, or a pair that `snap download` wrote.
   *
   * @throws StoreError in one line, with the store as it was before; `Interrupted` likewise, where the process is asked
   *   to stop before all is committed
   */
  async import(path: string, options: ImportOptions, progress: ImportProgress): Promise<ImportReport> {
    return await this.importOpened(
      path,
      () => openInput(path, options.claim?.isStoreExport),
      options,
      progress,
    );
  }

  /**
   * Imports what is opened.
   *
   * @param shown - how messages and the report call it
   * @throws StoreError in one line, with the store as it was before; `Interrupted` likewise
   */
  async importOpened(
    shown: string,
    open: () => Promise<ImportInput>,
    options: ImportOptions,
    progress: ImportProgress,
  ): Promise<ImportReport> {
    const interrupted = visible(`cannot push ${shown}: interrupted; nothing changed`);
    try {
      return await Stoppable.run(interrupted, async (stoppable) => {
        await this.blobs.sweepIncoming();
        return await this.importInput(shown, await open(), { ...options, stoppable }, progress);
      });
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
    progress: ImportProgress,
  ): Promise<ImportReport> {
    const { stoppable } = options;
    const advance = (bytes: number) => {
      stoppable.check();
      progress.advance(bytes);
    };
    const promise = new BundlePromise(await this.manifestTrust(), input.kind);
    const pending = new PendingImport(this.assertions, this.blobs, promise, input.kind, options.pool);
    try {
      progress.begin(shown, input.sizeBytes);
      for await (const file of input.files(advance)) await pending.take(file);
      if (pending.postponed.size > 0)
        for await (const file of input.files(() => stoppable.check())) await pending.takePostponed(file);
      const { verified } = await pending.finish(options.claim?.isStoreExport !== true);
      const snaps = await snapImports(
        pending,
        async (snapId) => await this.declaration(snapId, verified),
        options.channels,
      );
      // What a dry run believes is not stored: others in the same command must know of it.
      if (options.dryRun === true) options.pool?.add(verified);
      stoppable.check();
      return await this.transactions.run((tx) =>
        this.commit(tx, { shown, input, pending, snaps, verified }, options),
      );
    } catch (error) {
      if (error instanceof DryRun) return error.report;
      throw error;
    } finally {
      progress.end();
      await pending.discard();
    }
  }

  /** The keys of the connected machines, and this machine's own. */
  private async manifestTrust(): Promise<ManifestTrust> {
    const own = await this.settings.find(BUNDLE_PUBLIC_KEY);
    const others = await this.settings.get(BUNDLE_TRUSTED_KEYS);
    return {
      keys: own ? [...others, own] : others,
      isRequired: await this.settings.get(BUNDLE_REQUIRE_SIGNATURE),
    };
  }

  /** The newest declaration of a snap, among those that came along and the one in the store. */
  private async declaration(snapId: string, verified: readonly Assertion[]): Promise<Assertion> {
    const brought = verified.filter(
      ({ type, primaryKey }) => type.name === 'snap-declaration' && primaryKey[1] === snapId,
    );
    const [newest] = brought.toSorted((a, b) => b.assertionRevision - a.assertionRevision);
    const found = newest ?? (await this.assertions.find('snap-declaration', ['16', snapId]));
    if (found) return found;
    throw new StoreError('invalid-bundle', `the snap-declaration of snap-id ${snapId} is missing`);
  }

  /**
   * One transaction for the whole file. The files get their names inside it, after every row was
   * accepted and before the commit: a refused row leaves no file, a crash at most a file without a row.
   */
  private async commit(
    tx: EntityManager,
    { shown, input, pending, snaps, verified }: Checked,
    options: StoppableOptions,
  ): Promise<ImportReport> {
    const job = new ImportJob(() =>
      this.repository.addImport(
        tx,
        basename(input.path),
        input.kind,
        pending.promise.manifest?.createdAt ?? null,
      ),
    );
    const outcomes: SnapOutcome[] = [];
    const blobs = pending.files.map(({ blob }) => blob);
    let changed = verified.length > 0;
    await this.assertions.add(tx, verified);
    await this.changes.apply(tx, verified);
    const claim = await this.claims.settle(
      tx,
      options.claim ?? {},
      [...pending.assertions()],
      snaps.length > 0,
    );
    changed ||= claim.stores.some(({ outcome }) => outcome !== 'unchanged');
    const choices = await this.channelChoices(tx, pending.promise, options);
    for (const snap of snaps) {
      const committed = await this.snapCommit.commit(tx, snap, job, choices);
      const store = await this.claims.apply(tx, claim, snap, committed.isNew);
      outcomes.push({ ...committed.outcome, ...(store !== undefined && { store }) });
      changed ||= committed.snapChanged || store !== undefined;
      blobs.push(...committed.blobs);
    }
    const bundle = await this.rememberBundle(tx, pending.promise, snaps);
    const missing = await this.missingBlobs(blobs);
    const report: ImportReport = {
      file: shown,
      isDryRun: options.dryRun === true,
      bundle,
      stores: claim.stores,
      snaps: outcomes,
      assertionsAdded: verified.length,
      bytesAdded: missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      changed: changed || missing.length > 0,
    };
    // The same work up to here, so that a dry run says what a push does; rolled back, it leaves nothing.
    if (report.isDryRun) throw new DryRun(report);
    // From here on the work is finished: no file gets its name without its rows.
    options.stoppable.check();
    for (const blob of missing) await this.blobs.place(blob);
    return report;
  }

  /** A bundle that is pushed again was made no later than when it came first. */
  private async channelChoices(
    tx: EntityManager,
    { manifest, signedBy }: BundlePromise,
    { pushChannelMap, knownTracksOnly = false }: ImportOptions,
  ): Promise<CommitChoices> {
    const now = new Date();
    const first = manifest && (await this.ages.findFirstPush(tx, manifest.createdAt));
    return {
      force: pushChannelMap,
      isSigned: signedBy !== undefined,
      now,
      latest: first ?? now,
      knownTracksOnly,
    };
  }

  private async rememberBundle(
    tx: EntityManager,
    { manifest, signedBy }: BundlePromise,
    snaps: readonly SnapImport[],
  ): Promise<BundleFacts | undefined> {
    if (!manifest) return undefined;
    const { source, createdAt } = manifest;
    const origin = { source, keyId: signedBy ?? '' };
    const snapIds = snaps.map(({ snapId }) => snapId);
    const newer = await this.ages.findNewer(tx, origin, snapIds, createdAt);
    await this.ages.remember(tx, origin, snapIds, createdAt);
    return { source, createdAt, signedBy, newerSeen: newerSeen(newer, snaps) };
  }

  /** Files that the store does not have, or not whole, each once. */
  private async missingBlobs(blobs: readonly StagedBlob[]): Promise<StagedBlob[]> {
    const missing = new Map<string, StagedBlob>();
    for (const blob of blobs) {
      // A file of the right length is whole: it got its name after it was flushed.
      if ((await this.blobs.findSize(blob.digest)) !== blob.sizeBytes)
        missing.set(blob.digest.toString('hex'), blob);
    }
    return [...missing.values()];
  }
}
