import { Injectable } from '@nestjs/common';
import type { ProvenDevice } from '../brand-stores/proven-device.js';
import type { CatalogueSnap } from '../catalogue/catalogue-snap.js';
import { placeOf } from '../channels/channel-override.js';
import { shareOf, withVariations } from '../channels/rollout.js';
import { GroupsService } from '../groups/groups.service.js';

/** Snaps as one device sees them: with the overrides of its groups, and the releases that have reached it. */
@Injectable()
export class DeviceViewService {
  constructor(private readonly groups: GroupsService) {}

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
