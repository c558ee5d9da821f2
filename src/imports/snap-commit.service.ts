import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StagedBlob } from '../blobs/blob-store.service.js';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { ChannelsService } from '../catalogue/channels.service.js';
import { neededSnaps } from '../catalogue/needed-snaps.js';
import type { SnapRecord } from '../catalogue/snap-record.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import { ANY_ARCHITECTURE } from '../channels/channel-map.js';
import { checkTracks } from '../channels/known-tracks.js';
import { planChannels, type PlanOptions } from './channel-plan.js';
import { ComponentCommitService } from './component-commit.service.js';
import type { ChannelOutcome, SnapNeed, SnapOutcome } from './import-report.js';
import type { ImportRow } from './import-row.js';
import { ListingCommitService } from './listing-commit.service.js';
import type { SnapImport } from './snap-import.js';
import { checkLeftOut, checkSameFile, describeSnap } from './staged-snap.js';

/** The options for moving channels. */
export interface CommitChoices extends Omit<PlanOptions, 'decisions'> {
  /** Refuse channels that the operator names if the snap never had their track. */
  readonly knownTracksOnly: boolean;
}

/** The outcome of one snap of an import. */
export interface CommittedSnap {
  readonly outcome: SnapOutcome;
  readonly snapChanged: boolean;
  readonly isNew: boolean;
  /** Files other than snaps that the store must have. */
  readonly blobs: readonly StagedBlob[];
}

/** Stores one snap of an import, inside the import's transaction. */
@Injectable()
export class SnapCommitService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly snaps: SnapsService,
    private readonly channels: ChannelsService,
    private readonly components: ComponentCommitService,
    private readonly listings: ListingCommitService,
  ) {}

  /**
   * Adds the new content of a snap and moves its channels.
   *
   * @param choices - the options for moving channels; with `force`, even if the store has something newer
   * @throws StoreError `conflict` if another snap has the name or a revision has another file, `invalid-bundle` if a
   *   file is missing, `invalid-channel` for a track that the snap never had
   */
  async commit(
    tx: EntityManager,
    snap: SnapImport,
    row: ImportRow,
    choices: CommitChoices,
  ): Promise<CommittedSnap> {
    await this.snaps.lock(tx, snap.snapId);
    if (choices.knownTracksOnly) await this.checkTracks(tx, snap);
    const known = await this.snaps.find(tx, snap.snapId);
    const numbers = new Set(await this.snaps.heldRevisions(tx, snap.snapId));
    const rowChanged = await this.putSnap(tx, snap, known, numbers, choices);
    const revisions: SnapOutcome['revisions'][number][] = [];
    for (const revision of snap.leftOut) {
      checkLeftOut(`snap ${snap.name} revision ${revision}`, numbers.has(revision));
      revisions.push({ revision, outcome: 'present' });
    }
    for (const file of snap.files.toReversed()) {
      const { revision } = file;
      const present = numbers.has(revision.revision);
      if (present) checkSameFile(file, await this.catalogue.findDownload(snap.snapId, revision.revision));
      revisions.push({ revision: revision.revision, outcome: present ? 'present' : 'added' });
      if (present) continue;
      await this.snaps.addRevision(tx, revision, await row.id());
      numbers.add(revision.revision);
    }
    const { outcomes: components, isNews } = await this.components.commit(tx, snap, numbers, row);
    const plan = planChannels(known?.releases ?? [], snap.releases, numbers, {
      ...choices,
      decisions: await this.channels.decisions(tx, snap.snapId),
    });
    for (const release of plan.releases)
      await this.channels.releaseImported(tx, snap.snapId, release, await row.id());
    const { listed, blobs } = await this.listings.commit(tx, snap);
    const hasNews = [...revisions, ...components].some(({ outcome }) => outcome === 'added');
    const snapChanged = isNews || rowChanged || listed !== undefined || plan.releases.length > 0 || hasNews;
    if (snapChanged) await this.catalogue.publishChange(tx, snap.snapId);
    const { name } = snap;
    const outcome = {
      name,
      snapId: snap.snapId,
      revisions,
      components,
      channels: await this.withVersions(tx, snap.snapId, plan.outcomes),
      needs: needsOf(snap),
      ...(listed && { media: listed }),
    };
    return { outcome, snapChanged, isNew: !known, blobs };
  }

  private async checkTracks(tx: EntityManager, { snapId, name, releases }: SnapImport): Promise<void> {
    const named = releases.filter(({ isOperators }) => isOperators === true);
    if (named.length === 0) return;
    const channels = named.map(({ channel }) => channel);
    checkTracks(`release ${name}`, channels, await this.channels.tracks(tx, snapId));
  }

  private async withVersions(
    tx: EntityManager,
    snapId: string,
    outcomes: readonly ChannelOutcome[],
  ): Promise<ChannelOutcome[]> {
    const moved = outcomes.filter(({ outcome }) => outcome === 'moved');
    const revisions = moved.flatMap(({ from, to }) => (from === null ? [to] : [from, to]));
    const versions = await this.snaps.versions(tx, snapId, revisions);
    return outcomes.map((one) => {
      const to = versions.get(one.to);
      if (one.outcome !== 'moved' || to === undefined) return one;
      return { ...one, versions: { from: versions.get(one.from ?? 0) ?? null, to } };
    });
  }

  /** Updates the description of the snap, but only from its newest revision. */
  private async putSnap(
    tx: EntityManager,
    { snapId, name, files: [newest], metadata }: SnapImport,
    known: SnapRecord | undefined,
    numbers: ReadonlySet<number>,
    { isSigned, force }: Pick<PlanOptions, 'isSigned' | 'force'>,
  ): Promise<boolean> {
    if (!newest) return false;
    await this.snaps.checkName(tx, name, snapId);
    if (known && Math.max(...numbers) > newest.revision.revision) return false;
    // A default track decides which revision devices install, so it needs the same trust as a channel.
    const defaultTrack = known && !isSigned && !force ? undefined : metadata?.defaultTrack;
    const described = describeSnap(newest, metadata && { ...metadata, defaultTrack }, known?.snap);
    if (known && isDeepStrictEqual(described, known.snap)) return false;
    await this.snaps.put(tx, described, newest.icon);
    return true;
  }
}

/** The snaps that devices install together with the pushed revisions, each once. */
function needsOf({ files }: SnapImport): SnapNeed[] {
  const needs = new Map<string, Set<string>>();
  for (const { snapYaml } of files)
    for (const { name } of neededSnaps(snapYaml))
      needs.set(name, new Set([...(needs.get(name) ?? []), ...snapYaml.architectures]));
  return [...needs].map(([name, architectures]) => ({
    name,
    architectures: architectures.has(ANY_ARCHITECTURE) ? [ANY_ARCHITECTURE] : [...architectures].toSorted(),
  }));
}
