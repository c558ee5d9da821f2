import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ChannelRelease } from '../channels/channel-map.js';
import type { ChannelOverride } from '../channels/channel-override.js';
import type { Channel } from '../channels/channel.js';
import { ActorContextService } from '../management/audit/actor-context.service.js';
import type { ListedOverride, OverridesWindow, SnapOverride } from './listed-override.js';
import { OverridesRepository } from './overrides.repository.js';
import type {
  HistoryWindow,
  ReleaseDecision,
  ReleaseRecord,
  ReleaseStep,
  ReleasesUntil,
  ReleaseTime,
} from './release-record.js';
import { ReleasesRepository } from './releases.repository.js';
import type { RevisionRef } from './revision-ref.js';

/**
 * The releases and overrides of channels, with their history. The caller announces changes
 * ({@link CatalogueService.publishChange}), once for all of them.
 */
@Injectable()
export class ChannelsService {
  constructor(
    private readonly releases: ReleasesRepository,
    private readonly overrides: OverridesRepository,
    private readonly actors: ActorContextService,
  ) {}

  /** All tracks that ever had a release or an override, and the snap's default tracks. */
  async tracks(tx: EntityManager, snapId: string): Promise<string[]> {
    return await this.releases.tracks(tx, snapId);
  }

  /** All releases of a snap, the newest first. */
  async history(tx: EntityManager, snapId: string): Promise<ReleaseRecord[]> {
    return await this.releases.history(tx, snapId);
  }

  /** A part of the releases of a snap, the newest first. */
  async historyPage(tx: EntityManager, snapId: string, window: HistoryWindow): Promise<ReleaseRecord[]> {
    return await this.releases.historyPage(tx, snapId, window);
  }

  /** The channels whose last change is by the operator. */
  async decisions(tx: EntityManager, snapId: string): Promise<ReleaseDecision[]> {
    return await this.releases.decisions(tx, snapId);
  }

  /**
   * Releases a revision to a channel; the earlier releases stay on record.
   *
   * @param expiresAt - when the branch expires
   */
  async release(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    expiresAt: Date | undefined,
  ): Promise<void> {
    await this.releases.add(tx, snapId, release, expiresAt, this.actors.current);
  }

  /** As {@link release}, for an import; a branch keeps its expiry. */
  async releaseImported(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    importId: number,
  ): Promise<void> {
    await this.releases.addImported(tx, snapId, release, importId, this.actors.current);
  }

  /** The overrides of a snap, including expired ones. */
  async overridesOf(tx: EntityManager, snapId: string): Promise<ChannelOverride[]> {
    return await this.overrides.findAll(tx, snapId);
  }

  async putOverride(tx: EntityManager, snapId: string, override: ChannelOverride): Promise<void> {
    await this.overrides.put(tx, snapId, override);
  }

  /** Deletes the overrides for a group, or for all devices, of all architectures. */
  async deleteOverrides(
    tx: EntityManager,
    snapId: string,
    channel: Channel,
    group: string | undefined,
  ): Promise<void> {
    await this.overrides.delete(tx, snapId, channel, group);
  }

  async deleteEndedOverrides(tx: EntityManager, snapId: string, now: Date): Promise<void> {
    await this.overrides.deleteEnded(tx, snapId, now);
  }

  /** The names of snaps with an override for a group at this time. */
  async snapsHeldFor(tx: EntityManager, group: string, now: Date): Promise<string[]> {
    return await this.overrides.snapsHeldFor(tx, group, now);
  }

  /** The active overrides of all snaps, the newest first. */
  async overridesInForce(): Promise<SnapOverride[]> {
    return await this.overrides.findInForce();
  }

  /** A part of the active overrides of all snaps, by snap, channel, architecture and group. */
  async overridesPage(window: OverridesWindow): Promise<ListedOverride[]> {
    return await this.overrides.findPage(window);
  }

  /** The channels that revisions were ever released to, and when last, in no order. */
  async releaseTimes(wanted: readonly RevisionRef[]): Promise<ReleaseTime[]> {
    return await this.releases.times(wanted);
  }

  /** The number of each snap's newest release, by snap-id. */
  async newestReleases(snapIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return await this.releases.newestIds(snapIds);
  }

  /** The releases of a snap's channels at that time. A branch that has expired since is closed. */
  async releasesAt(
    snapId: string,
    until: ReleasesUntil,
    now: number,
  ): Promise<(ChannelRelease & { readonly expiresAt: Date | null })[]> {
    return await this.releases.at(snapId, until, now);
  }

  /** The step from the previous to the present revision of each channel, the last release first. */
  async steps(): Promise<ReleaseStep[]> {
    return await this.releases.steps();
  }

  /** All architectures that ever had a release or an override, including `all` if used. */
  async architectures(): Promise<string[]> {
    return await this.releases.architectures();
  }

  /** When the next branch or override expires after this time, in milliseconds; undefined if none does. */
  async nextEnd(now: number): Promise<number | undefined> {
    return (await this.releases.nextEnd(now))?.getTime();
  }
}
