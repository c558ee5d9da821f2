import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import type { SnapRecord } from '../catalogue/snap-record.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import type { ChannelMap } from '../channels/channel-map.js';
import { parseChannel } from '../channels/channel.js';
import { didYouMean } from '../common/did-you-mean.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { ChangeOptions } from '../management/change-options.js';
import { defaultTrackView } from './default-track.view.js';
import { unknownSnap } from './release-checks.js';

/** A track; `none`; or `imported`, the one imported with the snap. */
export type DefaultTrackChoice = { readonly track: string } | 'none' | 'imported';

/** The default track of a snap. */
export interface DefaultTrack {
  /** null for none. */
  readonly track: string | null;
  /** Whether the operator chose it; otherwise it was imported. */
  readonly isChosen: boolean;
}

/** The default track from now on. */
export interface DefaultTrackOutcome extends DefaultTrack {
  readonly changed: boolean;
}

/** The track for devices that do not name one: the one imported with the snap, or the operator's choice. */
@Injectable()
export class DefaultTrackService {
  constructor(
    private readonly snaps: SnapsService,
    private readonly catalogue: CatalogueService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws StoreError `not-found` on an unknown snap */
  async get(name: string): Promise<DefaultTrack> {
    return await this.transactions.run(async (tx) =>
      trackOf(await this.read(tx, `show the default track of ${name}`, name, false)),
    );
  }

  /**
   * Sets the default track of a snap. Later imports do not change it.
   *
   * @throws StoreError `not-found` on an unknown snap, and on a track without a release;
   *   `invalid-channel` on an invalid track name
   */
  async choose(
    name: string,
    choice: DefaultTrackChoice,
    { expect, settled, dryRun }: ChangeOptions<DefaultTrack> = {},
  ): Promise<DefaultTrackOutcome> {
    const what = `set the default track of ${name}`;
    if (typeof choice === 'object') checkTrack(choice.track);
    const chosen = typeof choice === 'object' ? choice.track : choice === 'none' ? '' : null;
    const all = async (tx: EntityManager): Promise<DefaultTrackOutcome> => {
      const record = await this.read(tx, what, name, true);
      const before = trackOf(record);
      expect?.(before);
      if (typeof choice === 'object') checkReleased(what, choice.track, record.settled);
      const changed = await this.snaps.chooseDefaultTrack(tx, record.snapId, chosen);
      if (changed) await this.catalogue.publishChange(tx, record.snapId);
      const after = trackOf({ snap: { ...record.snap, chosenDefaultTrack: chosen } });
      if (changed)
        this.audit.record(tx, {
          action: 'snap.set-default-track',
          subject: name,
          before: defaultTrackView(before),
          after: defaultTrackView(after),
        });
      settled?.(after);
      return { ...after, changed };
    };
    return await this.transactions.run(all, { dryRun });
  }

  private async read(tx: EntityManager, what: string, name: string, isLocked: boolean): Promise<SnapRecord> {
    const snapId = await this.snaps.findId(tx, name);
    if (snapId === undefined) throw unknownSnap(what);
    if (isLocked) await this.snaps.lock(tx, snapId);
    const record = await this.snaps.find(tx, snapId);
    if (!record) throw unknownSnap(what);
    return record;
  }
}

function trackOf({
  snap: { chosenDefaultTrack: chosen, defaultTrack },
}: Pick<SnapRecord, 'snap'>): DefaultTrack {
  const track = chosen ?? defaultTrack;
  return { track: track === '' ? null : track, isChosen: chosen !== null };
}

function checkTrack(track: string): void {
  // A risk in place of the track would make "stable" a branch.
  if (!track.includes('/') && parseChannel(`${track}/stable`).track === track) return;
  throw new StoreError(
    'invalid-channel',
    `cannot use default track ${JSON.stringify(track.slice(0, 80))}: give a track alone, such as latest or 2.0`,
  );
}

function checkReleased(what: string, track: string, releases: ChannelMap): void {
  const open = releases.filter(({ revision, channel }) => revision !== null && channel.branch === undefined);
  if (open.some(({ channel }) => channel.track === track)) return;
  const tracks = [...new Set(open.map(({ channel }) => channel.track))].toSorted();
  throw new StoreError(
    'not-found',
    `cannot ${what}: nothing is released to track ${track}; the snap has ${tracks.join(', ') || 'no track'}${didYouMean(track, tracks)}`,
  );
}
