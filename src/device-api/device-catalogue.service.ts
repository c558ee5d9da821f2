import { Injectable } from '@nestjs/common';
import type { ProvenDevice } from '../brand-stores/proven-device.js';
import { SnapVisibilityService } from '../brand-stores/snap-visibility.service.js';
import type { CatalogueSnap } from '../catalogue/catalogue-snap.js';
import { CatalogueService, type FoundSnaps } from '../catalogue/catalogue.service.js';
import { placeOf } from '../channels/channel-override.js';
import { shareOf, withVariations } from '../channels/rollout.js';
import { GroupsService } from '../groups/groups.service.js';

/** A device that asks. */
export interface AskingDevice {
  /** Who it is, where it has a session. */
  readonly proven: ProvenDevice | undefined;
  /** Where it asks from, for its turn where others ask as well. */
  readonly address: string;
}

/**
 * The catalogue as one device sees it: the snaps that exist for it, with the overrides of its groups and the
 * releases that have reached it.
 */
@Injectable()
export class DeviceCatalogueService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly visibility: SnapVisibilityService,
    private readonly groups: GroupsService,
  ) {}

  /** The snap of a name as the device sees it; undefined where there is none for it. */
  async find(name: string, device: AskingDevice): Promise<CatalogueSnap | undefined> {
    const entry = (await this.findEach([], [name], device)).byName(name);
    return entry && (await this.seenBy(entry, device.proven));
  }

  /** Snaps that exist for the device, as all devices see them: {@link seenBy} is asked for those with variations. */
  async findEach(
    snapIds: readonly string[],
    names: readonly string[],
    { proven, address }: AskingDevice,
  ): Promise<FoundSnaps> {
    return await this.catalogue.findEach(snapIds, names, { address, stores: await this.storesOf(proven) });
  }

  /** The brand stores whose snaps the device gets besides those of everybody. */
  async storesOf(device: ProvenDevice | undefined): Promise<readonly string[]> {
    return await this.visibility.storesOf(device);
  }

  /**
   * A device without a session gets what all devices get: who it is cannot be told from one request to the
   * next. So most snaps, which are the same for all, need no looking at the device.
   */
  async seenBy(entry: CatalogueSnap, device: ProvenDevice | undefined): Promise<CatalogueSnap> {
    const { variations, snapId } = entry;
    if (!variations || !device) return entry;
    const share = shareOf(snapId, device);
    const taken = variations.progressive.filter(({ percentage }) => share < percentage);
    const held =
      variations.groupOverrides.length === 0 ? [] : await this.heldFor(device, variations.groupOverrides);
    if (taken.length + held.length === 0) return entry;
    const groups = [...new Set(held.map(({ group }) => group))];
    return await entry.variant(`device ${JSON.stringify([taken.map(placeOf), groups])}`, () =>
      Promise.resolve(entry.withView({ channelMap: withVariations(entry.channelMap, taken, held) })),
    );
  }

  private async heldFor<O extends { readonly group?: string }>(
    device: ProvenDevice,
    overrides: readonly O[],
  ): Promise<readonly O[]> {
    const groups = await this.groups.groupsOf(device);
    return overrides.filter(({ group }) => group !== undefined && groups.has(group));
  }
}
