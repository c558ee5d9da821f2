import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../catalogue/catalogue-snap.js';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { ChannelsService } from '../catalogue/channels.service.js';
import { HoldingsService, type RevisionFile } from '../catalogue/holdings.service.js';
import { ANY_ARCHITECTURE, resolveChannel, type ChannelMap } from '../channels/channel-map.js';
import { parseChannel } from '../channels/channel.js';
import { withVariations } from '../channels/rollout.js';
import { StoreError } from '../common/errors.js';
import { DevicesService } from '../devices/devices.service.js';
import { pairKey, type RevisionPair } from './delta.js';
import { HeldRevisionsService, type HeldRevision } from './held-revisions.service.js';

/** Most deltas to one revision; devices with other revisions fetch the whole snap. */
export const MAX_SOURCES = 8;

/** Decides between which revisions deltas are useful. */
@Injectable()
export class DeltaPlanService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly channels: ChannelsService,
    private readonly holdings: HoldingsService,
    private readonly devices: DevicesService,
    private readonly held: HeldRevisionsService,
  ) {}

  /**
   * From the revisions on devices to the offers of their channels: for all devices, for a percentage of them,
   * or for a group. Then from each channel's offer to its overrides, and from each channel's previous revision.
   *
   * @returns each pair once, the most wanted first
   */
  async wanted(): Promise<RevisionPair[]> {
    const pairs = new Map<string, RevisionPair>();
    const sources = new Map<string, number>();
    const add = (pair: RevisionPair) => {
      const key = pairKey(pair);
      const target = `${pair.snapId}_${pair.target}`;
      const count = sources.get(target) ?? 0;
      if (pair.source === pair.target || pairs.has(key) || count >= MAX_SOURCES) return;
      sources.set(target, count + 1);
      pairs.set(key, pair);
    };
    const held = await this.heldRevisions();
    const fileOf = await this.holdings.findFiles(held);
    for (const one of held)
      for (const pair of await this.pairsOf(one, fileOf(one.snapId, one.revision))) add(pair);
    for (const pair of await this.overridden()) add(pair);
    for (const pair of await this.channels.steps()) add(pair);
    return [...pairs.values()];
  }

  /** The revisions in the store that devices with a session last reported; then those of other devices. */
  private async heldRevisions(): Promise<HeldRevision[]> {
    const devices = await this.devices.heldRevisions(await this.holdings.listRevisionRefs());
    return [...devices.map((held) => ({ ...held, architecture: undefined })), ...this.held.list()];
  }

  /** The offers of a device's channel. @param source - undefined if the store does not hold the device's revision */
  private async pairsOf(
    { snapId, revision, channel, architecture }: HeldRevision,
    source: RevisionFile | undefined,
  ): Promise<RevisionPair[]> {
    const entry = source && (await this.catalogue.findById(snapId));
    if (!entry) return [];
    const architectures = architecture === undefined ? source.architectures : [architecture];
    const maps = everyView(entry);
    return architectures.flatMap((name) => {
      const targets = new Set(maps.flatMap((map) => offered(map, name, channel) ?? []));
      return [...targets].map((target) => ({ snapId, source: revision, target }));
    });
  }

  /** From the revision on a channel without an override to the one with it. */
  private async overridden(): Promise<RevisionPair[]> {
    const pairs: RevisionPair[] = [];
    for (const { snapId, architecture, channel, revision, group } of await this.channels.overridesInForce()) {
      const entry = await this.catalogue.findById(snapId);
      if (!entry) continue;
      // A device of a group had the revision of all others.
      const map = group === undefined ? entry.settled : entry.channelMap;
      const architectures =
        architecture === ANY_ARCHITECTURE ? new Set(map.map((one) => one.architecture)) : [architecture];
      for (const one of architectures) {
        const source = resolveChannel(map, one, channel)?.revision ?? undefined;
        if (source !== undefined) pairs.push({ snapId, source, target: revision });
      }
    }
    return pairs;
  }
}

/** The channel maps that devices of a snap may see: with and without each variation for some of them. */
function everyView({ channelMap, variations }: CatalogueSnap): ChannelMap[] {
  if (!variations) return [channelMap];
  const { progressive, groupOverrides } = variations;
  const groups = [...new Set(groupOverrides.map(({ group }) => group))];
  const held = groups.map((group) => groupOverrides.filter((override) => override.group === group));
  return [
    channelMap,
    withVariations(channelMap, progressive, []),
    ...held.map((overrides) => withVariations(channelMap, progressive, overrides)),
  ];
}

function offered(channelMap: ChannelMap, architecture: string, channel: string): number | undefined {
  try {
    return resolveChannel(channelMap, architecture, parseChannel(channel))?.revision ?? undefined;
  } catch (error) {
    // A device may report any string as its channel.
    if (error instanceof StoreError && error.code === 'invalid-channel') return undefined;
    throw error;
  }
}
