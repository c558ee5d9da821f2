import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { offerTemplate, type FieldChoice } from '../../catalogue/snap-json.view.js';
import type { SnapRevision } from '../../catalogue/snap.js';
import { ANY_ARCHITECTURE, resolveChannel } from '../../channels/channel-map.js';
import { onDefaultTrack, parseChannel, risksFrom } from '../../channels/channel.js';
import type { JsonTemplate } from '../../common/http/json-template.js';
import { canRead } from '../../snap-files/epoch.js';
import type { RequestingDevice } from '../device-catalogue.service.js';
import type { HistoryBudget } from './history-budget.js';
import type { ContextEntry, SnapAction } from './refresh-request.js';

/** The properties of a device that affect its answers. */
export interface RefreshingDevice extends RequestingDevice {
  /** Debian's name (`amd64`). */
  readonly architecture: string;
  readonly followsDefaultTracks: boolean;
  readonly acceptsDeltas: boolean;
}

/** The offer of a channel to a device. */
export interface ChannelOffer {
  readonly template: JsonTemplate;
  readonly revision: number;
  /** The channel to track instead of the requested one: on the snap's default track. */
  readonly redirect?: string | undefined;
}

export function runsOn(revision: SnapRevision, architecture: string): boolean {
  return revision.architectures.includes(architecture) || revision.architectures.includes(ANY_ARCHITECTURE);
}

/** Finds the offer of a channel to a device that may have data of an older epoch. */
@Injectable()
export class ChannelOfferService {
  constructor(private readonly catalogue: CatalogueService) {}

  /**
   * @param installed - the device's installed snap, for a refresh
   * @param entry - as the device sees it
   * @returns undefined if the channel has no revision that the device can use
   * @param history - the remaining look-ups of the request
   * @throws StoreError `invalid-channel` on an invalid channel name
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
   * If the channel's revision cannot read the data of the device's revision: the newest revision that was released
   * there before (or on a safer risk) and can read it. It is never older than the installed one.
   * The installed one itself means that there is nothing to do.
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

/** A device that names no track gets the default one, at the requested risk. */
export function redirectOf(
  { defaultTrack }: CatalogueSnap,
  { kind }: SnapAction,
  channelName: string,
  { followsDefaultTracks }: RefreshingDevice,
): string | undefined {
  if (kind === 'refresh' || !followsDefaultTracks) return undefined;
  return onDefaultTrack(defaultTrack, channelName);
}
