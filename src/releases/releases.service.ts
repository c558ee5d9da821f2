import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { ChannelsService } from '../catalogue/channels.service.js';
import type { ReleaseRecord } from '../catalogue/release-record.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import { ANY_ARCHITECTURE } from '../channels/channel-map.js';
import { formatChannel, type Channel } from '../channels/channel.js';
import { checkTracks } from '../channels/known-tracks.js';
import { historyOf, stepsBack } from '../channels/release-history.js';
import { isProgressive } from '../channels/rollout.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import {
  checkEnd,
  checkSpread,
  chooseArchitectures,
  nothingBefore,
  unknownRevision,
  unknownSnap,
  type WantedSpread,
} from './release-checks.js';
import {
  eachOnce,
  endInForce,
  endToRestore,
  isAt,
  openAt,
  openRevision,
  timeAfter,
} from './release-state.js';

/** The result for one channel of one architecture. */
export interface ReleaseOutcome {
  readonly channel: Channel;
  readonly architecture: string;
  /** The revision before; null if the channel was closed or empty. */
  readonly from: number | null;
  readonly to: number | null;
  /** The percentage of a progressive release; then the other devices get `from`. */
  readonly percentage?: number;
  /** When the branch expires, and its expiry before. */
  readonly until?: Date | undefined;
  readonly untilBefore?: Date | undefined;
  /** The progressive release that this one ended. */
  readonly ended?: { readonly revision: number | null; readonly percentage: number };
}

interface ReleaseRequest {
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

/** A snap whose releases are changed. */
interface OpenedSnap {
  readonly name: string;
  readonly snapId: string;
  readonly history: readonly ReleaseRecord[];
}

/** The operator's changes to channels. Each call succeeds as a whole or changes nothing. */
@Injectable()
export class ReleasesService {
  constructor(
    private readonly channels: ChannelsService,
    private readonly snaps: SnapsService,
    private readonly catalogue: CatalogueService,
    private readonly transactions: TransactionsService,
  ) {}

  /**
   * Releases a revision of the store to channels.
   *
   * @throws StoreError `not-found` on an unknown snap or revision, `invalid-request` on an architecture
   *   that the revision is not for, on an expiry of a channel that is not a branch or that is past;
   *   `invalid-channel` on a track that the snap never had, unless new tracks are allowed;
   *   `conflict` if a progressive release would take back the revision of devices, or has no revision for the others
   */
  async release(request: ReleaseRequest): Promise<ReleaseOutcome[]> {
    const { name, revision, channels, until, percentage } = request;
    checkEnd(channels, until, percentage);
    return await this.change(`release ${name}`, name, async (tx, snap) => {
      if (request.newTrack !== true)
        checkTracks(`release ${name}`, channels, await this.channels.tracks(tx, snap.snapId));
      const own = await this.architecturesOf(tx, snap, revision);
      const architectures = chooseArchitectures(`release ${name}`, revision, own, request.architectures);
      const outcomes = [];
      for (const channel of eachOnce(channels))
        for (const architecture of architectures)
          outcomes.push(
            percentage === undefined
              ? await this.move(tx, snap, channel, architecture, revision, until)
              : await this.spread(tx, snap, { channel, architecture, revision, percentage }),
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
  ): Promise<ReleaseOutcome[]> {
    return await this.change(`close ${name}`, name, async (tx, snap) => {
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
          outcomes.push(await this.move(tx, snap, channel, architecture, null, undefined));
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
  ): Promise<ReleaseOutcome[]> {
    return await this.change(`roll back ${name}`, name, async (tx, snap) => {
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
        const outcome = await this.move(tx, { ...snap, history }, channel, architecture, revision, until);
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
      const snapId = await this.snaps.findId(tx, name);
      if (snapId === undefined) throw unknownSnap(`show the history of ${name}`);
      return await this.channels.history(tx, snapId);
    });
  }

  private async change(
    what: string,
    name: string,
    work: (tx: EntityManager, snap: OpenedSnap) => Promise<ReleaseOutcome[]>,
  ): Promise<ReleaseOutcome[]> {
    return await this.transactions.run(async (tx) => {
      const snapId = await this.snaps.findId(tx, name);
      if (snapId === undefined) throw unknownSnap(what);
      await this.snaps.lock(tx, snapId);
      const outcomes = await work(tx, { name, snapId, history: await this.channels.history(tx, snapId) });
      await this.catalogue.publishChange(tx, snapId);
      return outcomes;
    });
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

  /** Adds a row for a progressive release, unless it has this percentage already. */
  private async spread(
    tx: EntityManager,
    { name, snapId, history }: OpenedSnap,
    wanted: WantedSpread,
  ): Promise<ReleaseOutcome> {
    const { channel, architecture, revision, percentage } = wanted;
    const there = history.filter((release) => isAt(release, channel));
    const own = there.filter((release) => release.architecture === architecture);
    const from = checkSpread(name, own, wanted);
    const row = { architecture, channel, revision, releasedAt: timeAfter(there), percentage };
    // It expires with its branch.
    const until = endInForce(own[0]);
    if (own[0]?.percentage !== percentage) await this.channels.release(tx, snapId, row, until);
    return { channel, architecture, from, to: revision, percentage, until, untilBefore: until };
  }

  /** Adds a row, unless nothing changes. A branch keeps its expiry, unless another one is requested. */
  private async move(
    tx: EntityManager,
    { snapId, history }: OpenedSnap,
    channel: Channel,
    architecture: string,
    revision: number | null,
    wantedEnd: Date | 'never' | undefined,
  ): Promise<ReleaseOutcome> {
    const there = history.filter((release) => isAt(release, channel));
    const [current] = historyOf(there, architecture);
    const untilBefore = endInForce(current);
    const until = revision === null || wantedEnd === 'never' ? undefined : (wantedEnd ?? untilBefore);
    const outcome = {
      channel,
      architecture,
      from: openRevision(there, architecture),
      to: revision,
      until,
      untilBefore,
      ...(current && isProgressive(current) && { ended: current }),
    };
    const isSo =
      current?.architecture === architecture &&
      !isProgressive(current) &&
      current.revision === revision &&
      current.expiresAt?.getTime() === until?.getTime() &&
      there.every(({ releasedAt }) => releasedAt <= current.releasedAt);
    if (isSo) return outcome;
    const releasedAt = timeAfter(there);
    await this.channels.release(tx, snapId, { architecture, channel, revision, releasedAt }, until);
    return outcome;
  }
}
