import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { offerTemplate, type FieldChoice } from '../../catalogue/snap-json.view.js';
import type { SnapRevision } from '../../catalogue/snap.js';
import { ANY_ARCHITECTURE, resolveChannel } from '../../channels/channel-map.js';
import { onDefaultTrack, parseChannel, risksFrom } from '../../channels/channel.js';
import type { JsonTemplate } from '../../common/http/json-template.js';
import { canRead } from '../../snap-files/epoch.js';
import type { AskingDevice } from '../device-catalogue.service.js';
import type { HistoryBudget } from './history-budget.js';
import type { ContextEntry, SnapAction } from './refresh-request.js';

/** What decides about a device's answers besides what it asks for. */
export interface RefreshingDevice extends AskingDevice {
  /** As Debian names it (`amd64`). */
  readonly architecture: string;
  readonly followsDefaultTracks: boolean;
  readonly acceptsDeltas: boolean;
}

/** What a device gets on a channel. */
export interface ChannelOffer {
  readonly template: JsonTemplate;
  readonly revision: number;
  /** The channel to track instead of the one asked for: on the snap's default track. */
  readonly redirect?: string | undefined;
}

export function runsOn(revision: SnapRevision, architecture: string): boolean {
  return revision.architectures.includes(architecture) || revision.architectures.includes(ANY_ARCHITECTURE);
}

/** Finds what a channel offers to a device that may have data of an older epoch. */
@Injectable()
export class ChannelOfferService {
  constructor(private readonly catalogue: CatalogueService) {}

  /**
   * @param installed - what the device has, for a refresh
   * @param entry - as the device sees it
   * @returns undefined where the channel has nothing that the device could use
   * @param history - what the request may still look up
   * @throws StoreError `invalid-channel` where the channel's name is none
   */
  async find(
    entry: CatalogueSnap,
    action: SnapAction,
    installed: ContextEntry | undefined,
    device: RefreshingDevice,
    choice: FieldChoice,
    history: HistoryBudget,
  ): Promise<ChannelOffer | undefined> {
    const { architecture } = device;
    const channelName = action.channel ?? installed?.trackingChannel ?? 'stable';
    const redirect = redirectOf(entry, action, channelName, device);
    const redirected = redirect === undefined ? undefined : entry.offer(architecture, redirect, choice);
    const offer = redirected ?? entry.offer(architecture, channelName, choice);
    if (!offer) return undefined;
    const taken = redirected ? redirect : undefined;
    const writes = installed?.writes ?? action.writes;
    if (writes === undefined || canRead(offer.reads, writes))
      return { template: offer.template, revision: offer.revision, redirect: taken };
    history.take();
    const bridge = await this.bridge(
      entry,
      taken ?? channelName,
      installed?.revision,
      writes,
      architecture,
      choice,
    );
    return bridge && { ...bridge, redirect: taken };
  }

  /**
   * Where the channel has moved on to data that the device's revision does not write: the newest revision
   * which was released there before (or on a safer risk) and reads it. It is never older than the one
   * that is installed; that one itself means that there is nothing to do.
   */
  private async bridge(
    entry: CatalogueSnap,
    channelName: string,
    installed: number | undefined,
    writes: readonly number[],
    architecture: string,
    choice: FieldChoice,
  ): Promise<{ template: JsonTemplate; revision: number } | undefined> {
    const channel = parseChannel(channelName);
    const release = resolveChannel(entry.channelMap, architecture, channel);
    const bridging = await this.catalogue.findReleasedBefore({
      snapId: entry.snapId,
      track: channel.track,
      risks: risksFrom(channel.risk),
      branch: channel.branch ?? '',
      architectures: [architecture, ANY_ARCHITECTURE],
      above: installed ?? 0,
      below: release?.revision ?? 0,
      writes,
    });
    const kept = installed === undefined ? undefined : await this.catalogue.findRevision(entry, installed);
    const revision = bridging ?? (kept && runsOn(kept, architecture) ? kept : undefined);
    return (
      revision && {
        template: offerTemplate(entry, revision, release, choice),
        revision: revision.revision,
      }
    );
  }
}

/** A device that names no track is led to the default one, at the risk that it named. */
export function redirectOf(
  { defaultTrack }: CatalogueSnap,
  { kind }: SnapAction,
  channelName: string,
  { followsDefaultTracks }: RefreshingDevice,
): string | undefined {
  if (kind === 'refresh' || !followsDefaultTracks) return undefined;
  return onDefaultTrack(defaultTrack, channelName);
}
