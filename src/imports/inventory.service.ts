import { Injectable } from '@nestjs/common';
import { GLOBAL_STORE } from '../brand-stores/brand-store.js';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import type { ComponentRevision } from '../catalogue/component.js';
import { HoldingsService, type ListedRevision } from '../catalogue/holdings.service.js';
import type { ReleaseRecord } from '../catalogue/release-record.js';
import type { SnapRecord } from '../catalogue/snap-record.js';
import type { Publisher, Snap } from '../catalogue/snap.js';
import type { ChannelRelease } from '../channels/channel-map.js';
import { isInForce } from '../channels/channel-override.js';
import { currentReleases } from '../channels/release-history.js';
import { StoreError } from '../common/errors.js';
import { groupBy } from '../common/group-by.js';
import { OverridesService, type OverrideView } from '../releases/overrides/overrides.service.js';
import { ReleasesService } from '../releases/releases.service.js';

export interface PushedSnap {
  readonly name: string;
  readonly snapId: string;
  readonly stores: readonly string[];
  /** Whether searches leave it out. */
  readonly isPrivate: boolean;
  /** The default track in force; null if none is set. */
  readonly defaultTrack: string | null;
  readonly revisions: readonly ListedRevision[];
  readonly components: readonly ComponentRevision[];
  /** The releases for all devices. */
  readonly channels: readonly ChannelRelease[];
}

/** All details of one snap. */
export interface SnapDetails extends PushedSnap {
  readonly snap: Snap;
  readonly publisher: Publisher;
  /** The current releases of all open channels, for each architecture. */
  readonly releases: readonly ReleaseRecord[];
  readonly overrides: readonly OverrideView[];
}

/** Lists the content of the store. */
@Injectable()
export class InventoryService {
  constructor(
    private readonly holdings: HoldingsService,
    private readonly catalogue: CatalogueService,
    private readonly releases: ReleasesService,
    private readonly overrides: OverridesService,
  ) {}

  /** Every snap, sorted by name, with its revisions and components. */
  async list(): Promise<PushedSnap[]> {
    const [records, revisions, components] = await Promise.all([
      this.holdings.listSnaps(),
      this.holdings.listRevisions(),
      this.holdings.listComponents(),
    ]);
    const revisionsOf = groupBy(revisions, ({ snapId }) => snapId);
    const componentsOf = groupBy(components, ({ snapId }) => snapId);
    return records.map((record) =>
      pushedSnap(record, revisionsOf.get(record.snapId) ?? [], componentsOf.get(record.snapId) ?? []),
    );
  }

  /**
   * One snap with its channels, overrides and revisions.
   *
   * @throws StoreError `not-found` on an unknown snap
   */
  async get(name: string): Promise<SnapDetails> {
    const [record] = await this.holdings.findByNames([name]);
    const entry = record && (await this.catalogue.findById(record.snapId));
    if (!record || !entry)
      throw new StoreError(
        'not-found',
        `cannot show ${JSON.stringify(name.slice(0, 80))}: the store holds no snap of that name (see \`list-pushed-snaps\`)`,
      );
    const [revisions, components, history, overrides] = await Promise.all([
      this.holdings.listRevisions(record.snapId),
      this.holdings.listComponents(),
      this.releases.history(name),
      this.overrides.list(name),
    ]);
    const own = components.filter(({ snapId }) => snapId === record.snapId);
    const now = Date.now();
    return {
      ...pushedSnap(record, revisions, own),
      snap: record.snap,
      publisher: entry.publisher,
      releases: currentReleases(history).filter(
        ({ revision, expiresAt }) => revision !== null && isInForce(expiresAt, now),
      ),
      overrides,
    };
  }
}

function pushedSnap(
  { snapId, name, storeId, settled, defaultTrack, snap }: SnapRecord,
  revisions: readonly ListedRevision[],
  components: readonly ComponentRevision[],
): PushedSnap {
  return {
    name,
    snapId,
    stores: [storeId ?? GLOBAL_STORE],
    isPrivate: snap.isPrivate,
    defaultTrack,
    revisions,
    components,
    channels: settled,
  };
}
