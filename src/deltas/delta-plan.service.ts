import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { CatalogueService } from '../snaps/catalogue.service.js';
import { resolveChannel } from '../snaps/channel/channel-map.js';
import { parseChannel } from '../snaps/channel/channel.js';
import { pairKey, type RevisionPair } from '../snaps/delta.js';
import { HeldRevisions, type HeldRevision } from '../snaps/held-revisions.service.js';
import { DeltaPlanRepository } from './delta-plan.repository.js';

/** Deltas to one revision; devices with others fetch it whole. */
export const MAX_SOURCES = 8;

/** Decides between which revisions deltas are worth having. */
@Injectable()
export class DeltaPlanService {
  constructor(
    private readonly repository: DeltaPlanRepository,
    private readonly catalogue: CatalogueService,
    private readonly held: HeldRevisions,
  ) {}

  /**
   * From what devices have to what their channel offers them now, then from what each channel had before.
   *
   * @returns each pair once, what is wanted most first
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
    for (const held of [...(await this.repository.heldByDevices()), ...this.held.list()])
      for (const pair of await this.pairsOf(held)) add(pair);
    for (const pair of await this.repository.previousReleases()) add(pair);
    return [...pairs.values()];
  }

  /** What the channel of a device offers; the store need not have what it holds. */
  private async pairsOf({ snapId, revision, channel, architecture }: HeldRevision): Promise<RevisionPair[]> {
    const entry = await this.catalogue.findById(snapId);
    const source = entry && (await this.repository.findRevision(snapId, revision));
    if (!source) return [];
    const architectures = architecture === undefined ? source.architectures : [architecture];
    return architectures.flatMap((name) => {
      const target = offered(entry.channelMap, name, channel);
      return target === undefined ? [] : [{ snapId, source: revision, target }];
    });
  }
}

function offered(
  channelMap: Parameters<typeof resolveChannel>[0],
  architecture: string,
  channel: string,
): number | undefined {
  try {
    return resolveChannel(channelMap, architecture, parseChannel(channel))?.revision ?? undefined;
  } catch (error) {
    // A device may say that it follows anything.
    if (error instanceof StoreError && error.code === 'invalid-channel') return undefined;
    throw error;
  }
}
