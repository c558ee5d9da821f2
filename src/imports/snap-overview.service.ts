import { Injectable } from '@nestjs/common';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { HoldingsService } from '../catalogue/holdings.service.js';
import type { BroughtComponent, BroughtRevision, SnapTotals } from '../catalogue/snap-contents.js';
import { SnapContentsService } from '../catalogue/snap-contents.service.js';
import type { ListedSnap, SnapFilter, SnapWindow } from '../catalogue/snap-list.js';
import type { SnapRecord } from '../catalogue/snap-record.js';
import type { Publisher } from '../catalogue/snap.js';
import { StoreError } from '../common/errors.js';
import { DeltasService, type DeltaRecord, type ReadyDeltas } from '../deltas/deltas.service.js';
import { DevicesService, type SnapDevices } from '../devices/devices.service.js';
import type { ChannelMapState } from '../releases/channel-map.view.js';
import { OverridesService, type OverrideView } from '../releases/overrides/overrides.service.js';
import { ReleasesService } from '../releases/releases.service.js';

/** Most revisions for which the devices are counted: forged devices may have any. */
const MAX_COUNTED_REVISIONS = 100;

/** A snap for operators, without its long lists. */
export interface SnapOverview {
  readonly record: SnapRecord;
  readonly publisher: Publisher;
  readonly totals: SnapTotals;
  readonly channels: ChannelMapState;
  readonly overrides: readonly OverrideView[];
  readonly deltas: ReadyDeltas;
  readonly devices: SnapDevices;
}

/** The snaps of the store for operators, in pages. */
@Injectable()
export class SnapOverviewService {
  constructor(
    private readonly contents: SnapContentsService,
    private readonly holdings: HoldingsService,
    private readonly catalogue: CatalogueService,
    private readonly releases: ReleasesService,
    private readonly overrides: OverridesService,
    private readonly deltas: DeltasService,
    private readonly devices: DevicesService,
  ) {}

  /** A part of the list of snaps, in one query. */
  async list(filter: SnapFilter, window: SnapWindow): Promise<ListedSnap[]> {
    return await this.contents.list(filter, window);
  }

  /** @throws StoreError `not-found` on an unknown snap */
  async get(name: string): Promise<SnapOverview> {
    const record = await this.find(name);
    const { snapId } = record;
    const [entry, totals, channels, overrides, deltas, devices] = await Promise.all([
      this.catalogue.findById(snapId),
      this.contents.totals(snapId),
      this.releases.channelMap(name),
      this.overrides.list(name),
      this.deltas.countReady(snapId),
      this.devices.countWith(snapId, MAX_COUNTED_REVISIONS),
    ]);
    if (!entry) throw unknown(name);
    return { record, publisher: entry.publisher, totals, channels, overrides, deltas, devices };
  }

  /** Revisions, the newest first. @throws StoreError `not-found` on an unknown snap */
  async revisions(name: string, limit: number, before?: number): Promise<BroughtRevision[]> {
    return await this.contents.revisions((await this.find(name)).snapId, limit, before);
  }

  /** Revisions of components by name. @throws StoreError `not-found` on an unknown snap */
  async components(
    name: string,
    limit: number,
    after?: { readonly name: string; readonly revision: number },
  ): Promise<BroughtComponent[]> {
    return await this.contents.components((await this.find(name)).snapId, limit, after);
  }

  /** Deltas and failed attempts, the newest target first. @throws StoreError `not-found` on an unknown snap */
  async deltasOf(
    name: string,
    limit: number,
    after?: { readonly source: number; readonly target: number },
  ): Promise<DeltaRecord[]> {
    return await this.deltas.pageOf((await this.find(name)).snapId, limit, after);
  }

  private async find(name: string): Promise<SnapRecord> {
    const [record] = await this.holdings.findByNames([name]);
    if (record) return record;
    throw unknown(name);
  }
}

function unknown(name: string): StoreError {
  return new StoreError(
    'not-found',
    `cannot show ${JSON.stringify(name.slice(0, 80))}: the store holds no snap of that name (see \`list-pushed-snaps\`)`,
  );
}
