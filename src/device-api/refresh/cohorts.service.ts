import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { ChannelsService } from '../../catalogue/channels.service.js';
import type { ReleasesUntil } from '../../catalogue/release-record.js';
import { placeOf } from '../../channels/channel-override.js';
import { StoreError } from '../../common/errors.js';
import { sharedSecret } from '../../settings/secret-setting.js';
import { SettingsService } from '../../settings/settings.service.js';
import { DeviceCatalogueService, type RequestingDevice } from '../device-catalogue.service.js';
import { cohortView, readCohort, signCohort } from './cohort-key.js';
import { COHORT_SECRET } from './cohort.settings.js';
import type { HistoryBudget } from './history-budget.js';

/** Cohorts: their devices see the channels of a snap as they were at the cohort's creation. */
@Injectable()
export class CohortsService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly devices: DeviceCatalogueService,
    private readonly channels: ChannelsService,
    private readonly settings: SettingsService,
  ) {
    settings.define(COHORT_SECRET);
  }

  /**
   * Creates a cohort of each snap.
   *
   * @param names - names of snaps
   * @param device - the device: snaps that it cannot see are unknown
   * @returns the keys, by name
   * @throws StoreError `not-found` if a snap does not exist
   */
  async create(
    names: readonly string[],
    device: RequestingDevice,
    now = Date.now(),
  ): Promise<Record<string, string>> {
    const unique = [...new Set(names)];
    const { byName } = await this.devices.findEach([], unique, device);
    const entries = unique.flatMap((name) => byName(name) ?? []);
    const missing = names.find((name) => !entries.some((entry) => entry.name === name));
    if (missing !== undefined)
      throw new StoreError(
        'not-found',
        `cannot create a cohort: no snap named ${JSON.stringify(missing.slice(0, 80))} in this store`,
      );
    const secret = await sharedSecret(this.settings, COHORT_SECRET);
    const newest = await this.channels.newestReleases(entries.map(({ snapId }) => snapId));
    return Object.fromEntries(
      entries.map(({ name, snapId }) => {
        const cohort = { snapId, createdAt: now, releaseId: newest.get(snapId) ?? 0 };
        return [name, signCohort(secret, cohort)];
      }),
    );
  }

  /**
   * A snap as a cohort sees it: its earlier channels, with the present overrides.
   *
   * @param history - the remaining look-ups of the request
   * @returns undefined if the key is not from this store, or is for another snap
   */
  async seenIn(
    entry: CatalogueSnap,
    key: string,
    history: HistoryBudget,
    now = Date.now(),
  ): Promise<CatalogueSnap | undefined> {
    const secret = await this.settings.find(COHORT_SECRET);
    const cohort = secret === undefined ? undefined : readCohort(Buffer.from(secret, 'hex'), key);
    if (cohort?.snapId !== entry.snapId) return undefined;
    const view = cohortView(cohort, now);
    const limit = 'releaseId' in view ? view.releaseId : view.addedBefore.toISOString();
    return await entry.variant(`cohort ${limit}`, async () => {
      history.take();
      return await this.makeView(entry, view, now);
    });
  }

  private async makeView(entry: CatalogueSnap, view: ReleasesUntil, now: number): Promise<CatalogueSnap> {
    const overrides = entry.channelMap.filter(({ isOverride }) => isOverride);
    const places = new Set(overrides.map(placeOf));
    const past = (await this.channels.releasesAt(entry.snapId, view, now)).filter(
      (release) => !places.has(placeOf(release)),
    );
    const { snapId } = entry;
    const missing = past.flatMap(({ revision }) => revision ?? []).filter((one) => !entry.released.has(one));
    const find = await this.catalogue.findRevisions(missing.map((revision) => ({ snapId, revision })));
    const found = missing.flatMap((revision) => find(snapId, revision) ?? []);
    const revisions = new Map(found.map((one) => [one.revision, one]));
    const ends = past.flatMap(({ expiresAt }) => expiresAt?.getTime() ?? []).filter((end) => end > now);
    const validUntil = ends.length === 0 ? undefined : Math.min(...ends);
    return entry.withView({ channelMap: [...past, ...overrides], revisions, validUntil });
  }
}
