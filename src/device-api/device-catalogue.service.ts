import { Injectable } from '@nestjs/common';
import type { DeviceSession } from '../brand-stores/device-session.js';
import { SnapVisibilityService } from '../brand-stores/snap-visibility.service.js';
import type { CatalogueSnap } from '../catalogue/catalogue-snap.js';
import { CatalogueService, type FoundSnaps } from '../catalogue/catalogue.service.js';
import { placeOf } from '../channels/channel-override.js';
import { shareOf, withVariations } from '../channels/rollout.js';
import { GroupsService } from '../groups/groups.service.js';

/** The device that sends a request. */
export interface RequestingDevice {
  /** Its session, if it has one. */
  readonly session: DeviceSession | undefined;
  /** Its address, for its turn among other requests. */
  readonly address: string;
}

/**
 * The catalogue as one device sees it: the snaps that it can see, with the overrides of its groups and its
 * progressive releases.
 */
@Injectable()
export class DeviceCatalogueService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly visibility: SnapVisibilityService,
    private readonly groups: GroupsService,
  ) {}

  /** The snap of a name as the device sees it; undefined if it cannot see one. */
  async find(name: string, device: RequestingDevice): Promise<CatalogueSnap | undefined> {
    const entry = (await this.findEach([], [name], device)).byName(name);
    return entry && (await this.seenBy(entry, device.session));
  }

  /** Snaps that the device can see, in the view of all devices: {@link seenBy} applies variations. */
  async findEach(
    snapIds: readonly string[],
    names: readonly string[],
    { session, address }: RequestingDevice,
  ): Promise<FoundSnaps> {
    return await this.catalogue.findEach(snapIds, names, { address, stores: await this.storesOf(session) });
  }

  /** The brand stores whose snaps the device gets in addition to public ones. */
  async storesOf(session: DeviceSession | undefined): Promise<readonly string[]> {
    return await this.visibility.storesOf(session);
  }

  /**
   * A device without a session gets the releases for all devices, because it cannot be recognized in its next request.
   * Most snaps are the same for all devices, and need no check of the device.
   */
  async seenBy(entry: CatalogueSnap, session: DeviceSession | undefined): Promise<CatalogueSnap> {
    const { variations, snapId } = entry;
    if (!variations || !session) return entry;
    const share = shareOf(snapId, session);
    const taken = variations.progressive.filter(({ percentage }) => share < percentage);
    const held =
      variations.groupOverrides.length === 0 ? [] : await this.heldFor(session, variations.groupOverrides);
    if (taken.length + held.length === 0) return entry;
    const groups = [...new Set(held.map(({ group }) => group))];
    return await entry.variant(`device ${JSON.stringify([taken.map(placeOf), groups])}`, () =>
      Promise.resolve(entry.withView({ channelMap: withVariations(entry.channelMap, taken, held) })),
    );
  }

  private async heldFor<O extends { readonly group?: string }>(
    session: DeviceSession,
    overrides: readonly O[],
  ): Promise<readonly O[]> {
    const groups = await this.groups.groupsOf(session);
    return overrides.filter(({ group }) => group !== undefined && groups.has(group));
  }
}
