import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { ChannelsService } from '../catalogue/channels.service.js';
import type { HistoryWindow, ReleaseRecord } from '../catalogue/release-record.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import { ANY_ARCHITECTURE } from '../channels/channel-map.js';
import { formatChannel, type Channel } from '../channels/channel.js';
import { checkTracks } from '../channels/known-tracks.js';
import { stepsBack } from '../channels/release-history.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { ChangeOptions } from '../management/change-options.js';
import type { ChannelMapState } from './channel-map.view.js';
import { ChannelMovesService } from './channel-moves.service.js';
import { releaseEntry, type ReleaseAction } from './release-audit.js';
import {
  checkEnd,
  chooseArchitectures,
  nothingBefore,
  unknownRevision,
  unknownSnap,
} from './release-checks.js';
import type { OpenedSnap, ReleaseOutcome } from './release-outcome.js';
import { eachOnce, endToRestore, isAt, openAt, openRevision } from './release-state.js';

/** A release of a revision. */
export interface ReleaseRequest {
  readonly name: string;
  readonly revision: number;
  readonly channels: readonly Channel[];
  /** By default those of the revision. */
  readonly architectures: readonly string[];
  /** When the branches among the channels expire; undefined if each keeps its expiry. */
  readonly until: Date | 'never' | undefined;
  /** The percentage of devices; undefined for all devices. */
  readonly percentage?: number | undefined;
  /** Whether tracks are allowed that the snap never had. */
  readonly newTrack?: boolean | undefined;
}

interface Change extends ChangeOptions<ChannelMapState> {
  /** The request, for messages. */
  readonly what: string;
  readonly action: ReleaseAction;
  readonly name: string;
}

/** The operator's changes to channels. Each call succeeds as a whole or changes nothing. */
@Injectable()
export class ReleasesService {
  constructor(
    private readonly channels: ChannelsService,
    private readonly snaps: SnapsService,
    private readonly catalogue: CatalogueService,
    private readonly transactions: TransactionsService,
    private readonly moves: ChannelMovesService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Releases a revision of the store to channels.
   *
   * @throws StoreError `not-found` on an unknown snap or revision, `invalid-request` on an architecture
   *   that the revision is not for, on an expiry of a channel that is not a branch or that is past;
   *   `invalid-channel` on a track that the snap never had, unless new tracks are allowed;
   *   `conflict` if a progressive release would take back the revision of devices, or has no revision for the others
   */
  async release(
    request: ReleaseRequest,
    options: ChangeOptions<ChannelMapState> = {},
  ): Promise<ReleaseOutcome[]> {
    const { name, revision, channels, until, percentage } = request;
    checkEnd(channels, until, percentage);
    const asked = { ...options, what: `release ${name}`, action: 'snap.release', name } as const;
    return await this.change(asked, async (tx, snap) => {
      if (request.newTrack !== true)
        checkTracks(`release ${name}`, channels, await this.channels.tracks(tx, snap.snapId));
      const own = await this.architecturesOf(tx, snap, revision);
      const architectures = chooseArchitectures(`release ${name}`, revision, own, request.architectures);
      const outcomes = [];
      for (const channel of eachOnce(channels))
        for (const architecture of architectures)
          outcomes.push(
            percentage === undefined
              ? await this.moves.move(tx, snap, { channel, architecture, revision, until })
              : await this.moves.spread(tx, snap, { channel, architecture, revision, percentage }),
          );
      return outcomes;
    });
  }

  /**
   * Closes channels. Their devices get the next safer risk.
   *
   * @param architectures - if empty, all that are open
   * @throws StoreError `not-found` on an unknown snap, and if nothing is open
   */
  async close(
    name: string,
    channels: readonly Channel[],
    architectures: readonly string[],
    options: ChangeOptions<ChannelMapState> = {},
  ): Promise<ReleaseOutcome[]> {
    const asked = { ...options, what: `close ${name}`, action: 'snap.close', name } as const;
    return await this.change(asked, async (tx, snap) => {
      const outcomes: ReleaseOutcome[] = [];
      for (const channel of eachOnce(channels)) {
        const open = openAt(snap.history, channel);
        const wanted =
          architectures.length > 0 ? architectures : open.map(({ architecture }) => architecture);
        const missing = wanted.find(
          (one) =>
            !open.some(({ architecture }) => architecture === one || architecture === ANY_ARCHITECTURE),
        );
        if (open.length === 0 || missing !== undefined)
          throw new StoreError(
            'not-found',
            `cannot close ${name}: nothing is released to ${formatChannel(channel)}${missing === undefined ? '' : ` for ${missing}`}`,
          );
        for (const architecture of wanted)
          outcomes.push(
            await this.moves.move(tx, snap, { channel, architecture, revision: null, until: undefined }),
          );
      }
      return outcomes;
    });
  }

  /**
   * Returns a channel to its previous revision, with its expiry of that time. Architectures without a previous
   * revision do not change.
   *
   * @throws StoreError `not-found` on an unknown snap, and if there is no previous revision; `conflict` if that
   *   has expired meanwhile
   */
  async rollback(
    name: string,
    channel: Channel,
    architectures: readonly string[],
    options: ChangeOptions<ChannelMapState> = {},
  ): Promise<ReleaseOutcome[]> {
    const asked = { ...options, what: `roll back ${name}`, action: 'snap.rollback', name } as const;
    return await this.change(asked, async (tx, snap) => {
      const there = snap.history.filter((release) => isAt(release, channel));
      const wanted =
        architectures.length > 0
          ? architectures
          : [...new Set(there.map(({ architecture }) => architecture))];
      const steps = stepsBack(there, wanted);
      const missing = architectures.find((one) => !steps.some(({ architecture }) => architecture === one));
      if (steps.length === 0 || missing !== undefined) throw nothingBefore(name, channel, missing);
      const outcomes: ReleaseOutcome[] = [];
      for (const { architecture, revision } of steps) {
        // Includes the row just added for all architectures, which supersedes the earlier ones for this architecture.
        const history = await this.channels.history(tx, snap.snapId);
        const until = endToRestore(name, there, { channel, architecture, revision });
        const wish = { channel, architecture, revision, until };
        const outcome = await this.moves.move(tx, { ...snap, history }, wish);
        outcomes.push({ ...outcome, from: openRevision(there, architecture) });
      }
      return outcomes;
    });
  }

  /**
   * All releases, the newest first.
   *
   * @throws StoreError `not-found` on an unknown snap
   */
  async history(name: string): Promise<ReleaseRecord[]> {
    return await this.transactions.run(async (tx) => {
      const snapId = await this.findId(tx, `show the history of ${name}`, name);
      return await this.channels.history(tx, snapId);
    });
  }

  /**
   * A part of the releases of a snap, the newest first.
   *
   * @throws StoreError `not-found` on an unknown snap
   */
  async historyPage(name: string, window: HistoryWindow): Promise<ReleaseRecord[]> {
    return await this.transactions.run(async (tx) => {
      const snapId = await this.findId(tx, `show the history of ${name}`, name);
      return await this.channels.historyPage(tx, snapId, window);
    });
  }

  /**
   * The open channels of a snap.
   *
   * @throws StoreError `not-found` on an unknown snap
   */
  async channelMap(name: string): Promise<ChannelMapState> {
    return await this.transactions.run(async (tx) => {
      const what = `show the channels of ${name}`;
      return await this.read(tx, what, name, await this.findId(tx, what, name));
    });
  }

  private async change(
    { what, action, name, expect, settled, dryRun }: Change,
    work: (tx: EntityManager, snap: OpenedSnap) => Promise<ReleaseOutcome[]>,
  ): Promise<ReleaseOutcome[]> {
    const all = async (tx: EntityManager) => {
      const snapId = await this.findId(tx, what, name);
      await this.snaps.lock(tx, snapId);
      const state = await this.read(tx, what, name, snapId);
      expect?.(state);
      const outcomes = await work(tx, { name, snapId, history: state.history });
      await this.catalogue.publishChange(tx, snapId);
      const entry = releaseEntry(action, name, outcomes);
      if (entry) this.audit.record(tx, entry);
      if (settled) settled(await this.read(tx, what, name, snapId));
      return outcomes;
    };
    return await this.transactions.run(all, { dryRun });
  }

  private async findId(tx: EntityManager, what: string, name: string): Promise<string> {
    const snapId = await this.snaps.findId(tx, name);
    if (snapId === undefined) throw unknownSnap(what);
    return snapId;
  }

  private async read(
    tx: EntityManager,
    what: string,
    name: string,
    snapId: string,
  ): Promise<ChannelMapState> {
    const record = await this.snaps.find(tx, snapId);
    if (!record) throw unknownSnap(what);
    const { defaultTrack } = record;
    return { name, defaultTrack, history: await this.channels.history(tx, snapId) };
  }

  private async architecturesOf(
    tx: EntityManager,
    { name, snapId }: OpenedSnap,
    revision: number,
  ): Promise<string[]> {
    const found = await this.snaps.findArchitectures(tx, snapId, revision);
    if (found) return found;
    const held = await this.snaps.heldRevisions(tx, snapId);
    throw unknownRevision(`release ${name}`, revision, held);
  }
}
