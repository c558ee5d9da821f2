import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { BlobStoreService, type StagedBlob } from '../blobs/blob-store.service.js';
import type { Manifest } from '../bundles/format/manifest.js';
import type { ImportInput } from '../bundles/reading/import-input.js';
import { STANDARD_INPUT } from '../bundles/reading/standard-input-file.js';
import { SignedChangesService } from '../catalogue/signed-changes.service.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import { asCallerNames } from '../common/terminal/caller-terminal.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import { BundleAgeRepository } from './bundle-age.repository.js';
import { importAudit } from './import-audit.js';
import type { ImportOptions, StoppableOptions } from './import-options.js';
import type { BundleFacts, ImportReport } from './import-report.js';
import { ImportRow } from './import-row.js';
import { newerSeen } from './newer-bundles.js';
import { SnapCommitService, type CommitChoices, type CommittedSnap } from './snap-commit.service.js';
import type { SnapImport } from './snap-import.js';
import { StoreClaimService, type SettledClaim } from './store-claim.service.js';

/** A file whose content is verified. */
export interface BelievedImport {
  /** Its name in messages and the report. */
  readonly shown: string;
  readonly input: ImportInput;
  /** Set for a bundle. */
  readonly manifest: Manifest | undefined;
  /** Id of the key that signed the manifest. */
  readonly signedBy: string | undefined;
  /** All its assertions, the newest revision of each. */
  readonly assertions: readonly Assertion[];
  /** The new assertions, each after its prerequisites. */
  readonly verified: readonly Assertion[];
  /** The files of its snaps and components. */
  readonly blobs: readonly StagedBlob[];
  readonly snaps: readonly SnapImport[];
}

/** Thrown to roll back the transaction of a dry run. */
class DryRun extends Error {
  constructor(readonly report: ImportReport) {
    super('a dry run changes nothing');
  }
}

/** Makes the whole content of one file visible at once, or none of it. */
@Injectable()
export class ImportCommitService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly blobs: BlobStoreService,
    private readonly changes: SignedChangesService,
    private readonly snapCommit: SnapCommitService,
    private readonly claims: StoreClaimService,
    private readonly snaps: SnapsService,
    private readonly transactions: TransactionsService,
    private readonly ages: BundleAgeRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Uses one transaction for the whole file. The blobs get their names inside it, after every row was accepted and
   * before the commit: a refused row leaves no blob, a crash leaves at most a blob without a row.
   *
   * @throws StoreError, with the store unchanged; `Interrupted`, also with the store unchanged, if the process is asked
   *   to stop
   */
  async commit(believed: BelievedImport, options: StoppableOptions): Promise<ImportReport> {
    try {
      return await this.transactions.run((tx) => this.commitIn(tx, believed, options));
    } catch (error) {
      if (error instanceof DryRun) return error.report;
      throw error;
    }
  }

  private async commitIn(
    tx: EntityManager,
    believed: BelievedImport,
    options: StoppableOptions,
  ): Promise<ImportReport> {
    const { shown, assertions, verified, snaps } = believed;
    await this.assertions.add(tx, verified);
    await this.changes.apply(tx, verified);
    const claim = await this.claims.settle(tx, options.claim ?? {}, assertions, snaps.length > 0);
    const committed = await this.commitSnaps(tx, believed, claim, options);
    const bundle = await this.rememberBundle(tx, believed);
    const missing = await this.missingBlobs([...believed.blobs, ...committed.flatMap(({ blobs }) => blobs)]);
    const changed =
      verified.length > 0 ||
      claim.stores.some(({ outcome }) => outcome !== 'unchanged') ||
      committed.some(({ snapChanged }) => snapChanged) ||
      missing.length > 0;
    const report: ImportReport = {
      file: shown,
      isDryRun: options.dryRun === true,
      bundle,
      stores: claim.stores,
      snaps: committed.map(({ outcome }) => outcome),
      assertionsAdded: verified.length,
      bytesAdded: missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      changed,
    };
    // Up to here a dry run does the same work as a push, so its report is exact; then it is rolled back.
    if (report.isDryRun) throw new DryRun(report);
    // From here on the push completes: no blob gets its name without its rows.
    options.stoppable.check();
    for (const blob of missing) await this.blobs.place(blob);
    if (changed)
      this.audit.record(tx, {
        action: 'import.push',
        subject: asCallerNames(shown),
        after: importAudit(report),
      });
    return report;
  }

  private async commitSnaps(
    tx: EntityManager,
    believed: BelievedImport,
    claim: SettledClaim,
    options: ImportOptions,
  ): Promise<CommittedSnap[]> {
    const { input, manifest, snaps } = believed;
    const row = new ImportRow(() =>
      this.snaps.addImport(tx, sourceOf(believed), input.kind, manifest?.createdAt ?? null),
    );
    const choices = await this.channelChoices(tx, believed, options);
    const committed: CommittedSnap[] = [];
    for (const snap of snaps) {
      const one = await this.snapCommit.commit(tx, snap, row, choices);
      const store = await this.claims.apply(tx, claim, snap, one.isNew);
      if (store === undefined) committed.push(one);
      else committed.push({ ...one, outcome: { ...one.outcome, store }, snapChanged: true });
    }
    return committed;
  }

  /** If a bundle was pushed before, it was made no later than its first push. */
  private async channelChoices(
    tx: EntityManager,
    { manifest, signedBy }: BelievedImport,
    { pushChannelMap, knownTracksOnly = false }: ImportOptions,
  ): Promise<CommitChoices> {
    const now = new Date();
    const first = manifest && (await this.snaps.findFirstImport(tx, manifest.createdAt));
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
    { manifest, signedBy, snaps }: BelievedImport,
  ): Promise<BundleFacts | undefined> {
    if (!manifest) return undefined;
    const { source, createdAt } = manifest;
    const origin = { source, keyId: signedBy ?? '' };
    const snapIds = snaps.map(({ snapId }) => snapId);
    const newer = await this.ages.findNewer(tx, origin, snapIds, createdAt);
    await this.ages.remember(tx, origin, snapIds, createdAt);
    return { source, createdAt, signedBy, newerSeen: newerSeen(newer, snaps) };
  }

  /** The files that are missing or incomplete in the store, each once. */
  private async missingBlobs(blobs: readonly StagedBlob[]): Promise<StagedBlob[]> {
    const missing = new Map<string, StagedBlob>();
    for (const blob of blobs) {
      // A file of the right size is complete: it got its name after it was flushed.
      if ((await this.blobs.findSize(blob.digest)) !== blob.sizeBytes)
        missing.set(blob.digest.toString('hex'), blob);
    }
    return [...missing.values()];
  }
}

/** The name of a file in the history. An uploaded file has another name on the disk. */
function sourceOf({ shown, input }: BelievedImport): string {
  return basename(shown === STANDARD_INPUT ? input.path : shown);
}
