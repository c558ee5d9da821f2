import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { BlobStore, type StagedBlob } from '../blobs/blob-store.js';
import type { BundledMetadata } from '../bundles/format/metadata.js';
import type { BundledRelease } from '../bundles/format/channel-map.js';
import { StoreError } from '../common/errors.js';
import { isConnectionLoss } from '../database/database-failure.js';
import { Transactions } from '../database/transactions.js';
import { CatalogueRepository } from '../snaps/catalogue.repository.js';
import { CatalogueService } from '../snaps/catalogue.service.js';
import type { Channel } from '../snaps/channel/channel.js';
import { SnapImportRepository } from '../snaps/snap-import.repository.js';
import type { SnapRecord } from '../snaps/snap-record.js';
import { planChannels } from './channel-plan.js';
import { openInput, type ImportInput } from './import-input.js';
import type { ImportReport, SnapOutcome } from './import-report.js';
import { PendingImport } from './pending-import.js';
import {
  checkArchitectures,
  checkMetadata,
  checkSameFile,
  describeSnap,
  header,
  readFacts,
  type SnapFacts,
} from './snap-facts.js';

export interface ImportOptions {
  /** Channels for a bare pair of snap and assertions, which names none itself. */
  readonly channels: readonly Channel[];
  /** Move channels to what the file says even where the store has something newer. */
  readonly pushChannelMap: boolean;
}

export interface ImportProgress {
  /** Called once, with the number of bytes to read. */
  readonly begin: (file: string, sizeBytes: number) => void;
  readonly advance: (bytes: number) => void;
  readonly end: () => void;
}

/** All that one pushed file says of one snap. */
interface SnapImport {
  readonly snapId: string;
  readonly facts: readonly [SnapFacts, ...SnapFacts[]];
  readonly metadata: BundledMetadata | undefined;
  readonly releases: readonly BundledRelease[];
}

/**
 * Brings snaps into the store: every signature up to a trusted root and every digest is checked
 * first, and then all that a file holds becomes visible at once, or nothing of it.
 */
@Injectable()
export class ImportService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly blobs: BlobStore,
    private readonly catalogue: CatalogueService,
    private readonly repository: SnapImportRepository,
    private readonly catalogueRepository: CatalogueRepository,
    private readonly transactions: Transactions,
  ) {}

  /**
   * Imports one file: a bundle, any archive of snaps and assertions, or a pair that `snap download` wrote.
   *
   * @throws StoreError in one line, with the store as it was before
   */
  async import(path: string, options: ImportOptions, progress: ImportProgress): Promise<ImportReport> {
    try {
      await this.blobs.sweepIncoming();
      return await this.importInput(await openInput(path), options, progress);
    } catch (error) {
      const refusal = isConnectionLoss(error)
        ? new StoreError('database-unavailable', 'the connection to the database was lost', { cause: error })
        : error;
      if (!(refusal instanceof StoreError)) throw error;
      throw new StoreError(refusal.code, oneLine(`cannot push ${basename(path)}: ${refusal.message}`), {
        cause: error,
      });
    }
  }

  private async importInput(
    input: ImportInput,
    options: ImportOptions,
    progress: ImportProgress,
  ): Promise<ImportReport> {
    const pending = new PendingImport(this.assertions, this.blobs);
    try {
      progress.begin(basename(input.path), input.sizeBytes);
      for await (const file of input.files(progress.advance)) await pending.take(file);
      if (pending.postponed.size > 0)
        for await (const file of input.files(() => undefined)) await pending.takePostponed(file);
      const { verified } = await pending.finish();
      const snaps = await this.groupBySnap(pending, verified, input, options);
      return await this.transactions.run((tx) => this.commit(tx, input, pending, snaps, verified, options));
    } finally {
      progress.end();
      await pending.discard();
    }
  }

  private async groupBySnap(
    pending: PendingImport,
    verified: readonly Assertion[],
    input: ImportInput,
    options: ImportOptions,
  ): Promise<SnapImport[]> {
    const bySnap = new Map<string, SnapFacts[]>();
    for (const staged of pending.staged) {
      const snapId = header(staged.snapRevision, 'snap-id');
      const facts = await readFacts(staged, await this.declaration(snapId, verified));
      const others = bySnap.get(snapId) ?? [];
      const same = others.find(({ revision }) => revision.revision === facts.revision.revision);
      if (same) checkSameFile(facts, same.revision);
      else bySnap.set(snapId, [...others, facts]);
    }
    // In one order everywhere, so that two imports never wait for each other's snaps.
    return [...bySnap]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([snapId, facts]) => this.snapImport(snapId, facts, pending, input, options));
  }

  private snapImport(
    snapId: string,
    unsorted: readonly SnapFacts[],
    pending: PendingImport,
    input: ImportInput,
    options: ImportOptions,
  ): SnapImport {
    const [newest, ...others] = unsorted.toSorted((a, b) => b.revision.revision - a.revision.revision);
    if (!newest) throw new StoreError('invalid-bundle', 'it holds no snap');
    const name = header(newest.declaration, 'snap-name');
    const isAbout = (said: { snapId: string | undefined; name: string | undefined }) =>
      said.snapId === snapId || said.name === name;
    const described = pending.metadata.filter(isAbout);
    for (const one of described) checkMetadata(one, newest.declaration);
    const facts: SnapImport['facts'] = [newest, ...others];
    const maps = pending.channelMaps.filter(isAbout);
    if (maps.some((map) => map.snapId !== undefined && map.snapId !== snapId))
      throw new StoreError('invalid-bundle', `snap ${name}: its channel map names another snap-id`);
    if (maps.some((map) => map.name !== undefined && map.name !== name))
      throw new StoreError('invalid-bundle', `snap ${name}: its channel map names another snap`);
    const mapped = maps.flatMap(({ releases }) => releases);
    const releases =
      maps.length > 0 && input.kind === 'archive'
        ? mapped
        : facts.flatMap((one) => defaultReleases(one, options.channels));
    checkArchitectures(name, facts, releases);
    return { snapId, facts, metadata: described[0], releases };
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
    input: ImportInput,
    pending: PendingImport,
    snaps: readonly SnapImport[],
    verified: readonly Assertion[],
    options: ImportOptions,
  ): Promise<ImportReport> {
    const job = new ImportJob(() =>
      this.repository.addImport(tx, basename(input.path), input.kind, pending.manifest?.createdAt ?? null),
    );
    const outcomes: SnapOutcome[] = [];
    let changed = verified.length > 0;
    await this.assertions.add(tx, verified);
    await this.catalogue.applyDeclarations(tx, verified);
    for (const snap of snaps) {
      const { outcome, snapChanged } = await this.commitSnap(tx, snap, job, options);
      outcomes.push(outcome);
      changed ||= snapChanged;
    }
    for (const { blob } of pending.staged) changed = (await this.placeMissing(blob)) || changed;
    return { file: basename(input.path), snaps: outcomes, assertionsAdded: verified.length, changed };
  }

  /** @returns whether it was missing, or was not whole */
  private async placeMissing(blob: StagedBlob): Promise<boolean> {
    // A file of the right length is whole: it got its name after it was flushed.
    if ((await this.blobs.findSize(blob.digest)) === blob.sizeBytes) return false;
    await this.blobs.place(blob);
    return true;
  }

  private async commitSnap(
    tx: EntityManager,
    snap: SnapImport,
    job: ImportJob,
    options: ImportOptions,
  ): Promise<{ outcome: SnapOutcome; snapChanged: boolean }> {
    await this.repository.lockSnap(tx, snap.snapId);
    const known = await this.repository.findInTransaction(tx, snap.snapId);
    const numbers = await this.repository.revisionNumbers(tx, snap.snapId);
    const rowChanged = await this.putSnap(tx, snap, known, numbers);
    const revisions: SnapOutcome['revisions'][number][] = [];
    for (const facts of snap.facts.toReversed()) {
      const { revision, staged } = facts;
      const present = numbers.has(revision.revision);
      if (present)
        checkSameFile(facts, await this.catalogueRepository.findRevision(snap.snapId, revision.revision));
      revisions.push({ revision: revision.revision, outcome: present ? 'present' : 'added' });
      if (present) continue;
      await this.repository.addBlob(tx, staged.blob.digest, staged.blob.sizeBytes);
      await this.repository.addRevision(tx, revision, await job.id());
      numbers.add(revision.revision);
    }
    const plan = planChannels(
      known?.channelMap ?? [],
      snap.releases,
      numbers,
      options.pushChannelMap,
      new Date(),
    );
    for (const release of plan.releases)
      await this.repository.addRelease(tx, snap.snapId, release, await job.id());
    const snapChanged =
      rowChanged || plan.releases.length > 0 || revisions.some(({ outcome }) => outcome === 'added');
    if (snapChanged) await this.catalogue.publishChange(tx, snap.snapId);
    const name = header(snap.facts[0].declaration, 'snap-name');
    return { outcome: { name, snapId: snap.snapId, revisions, channels: plan.outcomes }, snapChanged };
  }

  /** The newest revision describes the snap; an older one that is pushed late does not. */
  private async putSnap(
    tx: EntityManager,
    { snapId, facts: [newest], metadata }: SnapImport,
    known: SnapRecord | undefined,
    numbers: ReadonlySet<number>,
  ): Promise<boolean> {
    const holder = await this.repository.findHolderOfName(tx, header(newest.declaration, 'snap-name'));
    if (holder !== undefined && holder !== snapId) {
      throw new StoreError(
        'conflict',
        `snap ${header(newest.declaration, 'snap-name')}: the name belongs to snap-id ${holder} in this store, not to ${snapId}`,
      );
    }
    if (known && Math.max(...numbers) > newest.revision.revision) return false;
    const described = describeSnap(newest, metadata, known?.snap);
    if (known && isDeepStrictEqual(described, known.snap)) return false;
    await this.repository.putSnap(tx, described);
    return true;
  }
}

/** The row of an import, made only once something changes: a repeated push leaves no trace. */
class ImportJob {
  private made: Promise<number> | undefined;

  constructor(private readonly make: () => Promise<number>) {}

  async id(): Promise<number> {
    return await (this.made ??= this.make());
  }
}

function defaultReleases({ revision }: SnapFacts, channels: readonly Channel[]): BundledRelease[] {
  return channels.flatMap((channel) =>
    revision.architectures.map((architecture) => ({
      architecture,
      channel,
      revision: revision.revision,
      releasedAt: undefined,
    })),
  );
}

/** Names of files and parts of them stand in messages; none may break the line. */
function oneLine(message: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return message.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ');
}
