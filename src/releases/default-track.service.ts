import { Injectable } from '@nestjs/common';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import type { ChannelMap } from '../channels/channel-map.js';
import { parseChannel } from '../channels/channel.js';
import { didYouMean } from '../common/did-you-mean.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { unknownSnap } from './release-checks.js';

/** A track; `none`; or `imported`, the one imported with the snap. */
export type DefaultTrackChoice = { readonly track: string } | 'none' | 'imported';

export interface DefaultTrackOutcome {
  /** The default track from now on; null for none. */
  readonly track: string | null;
  readonly changed: boolean;
}

/** The track for devices that do not name one: the one imported with the snap, or the operator's choice. */
@Injectable()
export class DefaultTrackService {
  constructor(
    private readonly snaps: SnapsService,
    private readonly catalogue: CatalogueService,
    private readonly transactions: TransactionsService,
  ) {}

  /**
   * Sets the default track of a snap. Later imports do not change it.
   *
   * @throws StoreError `not-found` on an unknown snap, and on a track without a release;
   *   `invalid-channel` on an invalid track name
   */
  async choose(name: string, choice: DefaultTrackChoice): Promise<DefaultTrackOutcome> {
    const what = `set the default track of ${name}`;
    if (typeof choice === 'object') checkTrack(choice.track);
    return await this.transactions.run(async (tx) => {
      const snapId = await this.snaps.findId(tx, name);
      if (snapId === undefined) throw unknownSnap(what);
      await this.snaps.lock(tx, snapId);
      const record = await this.snaps.find(tx, snapId);
      if (!record) throw unknownSnap(what);
      if (typeof choice === 'object') checkReleased(what, choice.track, record.settled);
      const chosen = typeof choice === 'object' ? choice.track : choice === 'none' ? '' : null;
      const changed = await this.snaps.chooseDefaultTrack(tx, snapId, chosen);
      if (changed) await this.catalogue.publishChange(tx, snapId);
      const track = chosen === null ? record.snap.defaultTrack : chosen;
      return { track: track === '' ? null : track, changed };
    });
  }
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
