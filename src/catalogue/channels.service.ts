import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ChannelRelease } from '../channels/channel-map.js';
import type { ChannelOverride } from '../channels/channel-override.js';
import type { Channel } from '../channels/channel.js';
import { OverridesRepository, type SnapOverride } from './overrides.repository.js';
import type {
  ReleaseDecision,
  ReleaseRecord,
  ReleaseStep,
  ReleasesUntil,
  ReleaseTime,
} from './release-record.js';
import { ReleasesRepository } from './releases.repository.js';
import type { RevisionRef } from './revision-ref.js';

/**
 * What channels of snaps point at, pointed at before, and are held to. What changes here is announced by the caller
 * ({@link CatalogueService.publishChange}), once for all that it does.
 */
@Injectable()
export class ChannelsService {
  constructor(
    private readonly releases: ReleasesRepository,
    private readonly overrides: OverridesRepository,
  ) {}

  /** Every track that something was ever released to or overridden on, and the snap's default tracks. */
  async tracks(tx: EntityManager, snapId: string): Promise<string[]> {
    return await this.releases.tracks(tx, snapId);
  }

  /** Every release there ever was of a snap, the newest first. */
  async history(tx: EntityManager, snapId: string): Promise<ReleaseRecord[]> {
    return await this.releases.history(tx, snapId);
  }

  /** The channels that the operator moved last. */
  async decisions(tx: EntityManager, snapId: string): Promise<ReleaseDecision[]> {
    return await this.releases.decisions(tx, snapId);
  }

  /**
   * Points a channel at a revision; what it pointed at before stays on record.
   *
   * @param expiresAt - when the branch ends
   */
  async release(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    expiresAt: Date | undefined,
  ): Promise<void> {
    await this.releases.add(tx, snapId, release, expiresAt);
  }

  /** As {@link release}, for what an import brought; a branch keeps the end that it has. */
  async releaseImported(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    importId: number,
  ): Promise<void> {
    await this.releases.addImported(tx, snapId, release, importId);
  }

  /** The overrides of a snap, ended ones too. */
  async overridesOf(tx: EntityManager, snapId: string): Promise<ChannelOverride[]> {
    return await this.overrides.findAll(tx, snapId);
  }

  async putOverride(tx: EntityManager, snapId: string, override: ChannelOverride): Promise<void> {
    await this.overrides.put(tx, snapId, override);
  }

  /** Deletes the overrides of every architecture that are for a group, or for all devices. */
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

  /** The names of snaps that are overridden for a group at that time. */
  async snapsHeldFor(tx: EntityManager, group: string, now: Date): Promise<string[]> {
    return await this.overrides.snapsHeldFor(tx, group, now);
  }

  /** The overrides of all snaps that are in force, the newest first. */
  async overridesInForce(): Promise<SnapOverride[]> {
    return await this.overrides.findInForce();
  }

  /** Where revisions were ever released, and when last, in no order. */
  async releaseTimes(wanted: readonly RevisionRef[]): Promise<ReleaseTime[]> {
    return await this.releases.times(wanted);
  }

  /** The number of each snap's newest release, by snap-id. */
  async newestReleases(snapIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return await this.releases.newestIds(snapIds);
  }

  /** What the channels of a snap pointed at by then. A branch that has ended since is closed. */
  async releasesAt(
    snapId: string,
    until: ReleasesUntil,
    now: number,
  ): Promise<(ChannelRelease & { readonly expiresAt: Date | null })[]> {
    return await this.releases.at(snapId, until, now);
  }

  /** From what each channel pointed at before to what it points at now; what was released last first. */
  async steps(): Promise<ReleaseStep[]> {
    return await this.releases.steps();
  }

  /** Every architecture that something was ever released or held for, `all` among them where there is such. */
  async architectures(): Promise<string[]> {
    return await this.releases.architectures();
  }

  /** When the next branch or override ends, after this time, in milliseconds; undefined where none does. */
  async nextEnd(now: number): Promise<number | undefined> {
    return (await this.releases.nextEnd(now))?.getTime();
  }
}
