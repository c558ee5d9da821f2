import { Injectable } from '@nestjs/common';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { FieldChoice } from '../../catalogue/snap-json.view.js';
import { inDisplayOrder, releasesFor, resolveChannel, type OpenRelease } from '../../channels/channel-map.js';
import { parseChannel, shortChannelName } from '../../channels/channel.js';
import { DeviceCatalogueService } from '../device-catalogue.service.js';
import type { RefreshingDevice } from '../refresh/channel-offer.service.js';
import type { RefreshRequest, SnapAction } from '../refresh/refresh-request.js';
import type { SnapResult } from '../refresh/refresh-result.js';
import { RefreshService } from '../refresh/refresh.service.js';
import type { OldPackage } from './old-package.view.js';

/** The request of a device for one snap. */
export interface DetailsWish {
  readonly name: string;
  /** Undefined: any. */
  readonly channel: string | undefined;
  readonly revision: number | undefined;
}

/** An install of one snap, and nothing else. */
function installOf({ name, channel, revision }: DetailsWish): RefreshRequest {
  const action: SnapAction = {
    kind: 'install',
    instanceKey: name,
    name,
    snapId: undefined,
    channel: revision === undefined ? channel : undefined,
    revision,
    writes: undefined,
    cohortKey: undefined,
    validationSets: undefined,
  };
  return {
    context: new Map(),
    actions: [action],
    fields: FieldChoice.of(['revision']),
    maxFormats: new Map(),
    validationSets: new Map(),
  };
}

/**
 * The requests of snapd before 2.33, answered by the services for newer ones: an install requests one snap's
 * details, a refresh the metadata of all installed snaps.
 */
@Injectable()
export class OldPackagesService {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly catalogue: CatalogueService,
    private readonly devices: DeviceCatalogueService,
  ) {}

  /**
   * One snap, with the offers of its channels to the device.
   *
   * @returns undefined if the device cannot have it
   * @throws StoreError `invalid-channel` on an invalid channel name
   */
  async details(wish: DetailsWish, device: RefreshingDevice): Promise<OldPackage | undefined> {
    const entry = await this.devices.find(wish.name, device);
    if (!entry) return undefined;
    const { defaultTrack, channelMap } = entry;
    if (wish.channel !== undefined) parseChannel(wish.channel);
    const isShown = ({ channel }: OpenRelease) => channel.branch === undefined;
    const releases = inDisplayOrder(releasesFor(channelMap, device.architecture), defaultTrack);
    const isAny = wish.channel === undefined && wish.revision === undefined;
    const first = isAny ? releases[0] : undefined;
    if (isAny && !first) return undefined;
    const revision = first?.revision ?? wish.revision;
    const [found] = await this.packages(installOf({ ...wish, revision }), device);
    if (!found) return undefined;
    const channel = first ? shortChannelName(first.channel) : found.channel;
    return { ...found, channel, releases: releases.filter(isShown) };
  }

  /** The offers for the actions, without those that have none. */
  async packages(request: RefreshRequest, device: RefreshingDevice): Promise<OldPackage[]> {
    const results: SnapResult[] = [];
    await this.refreshes.resolve(request, device, (result) => {
      if (result.kind === 'snap') results.push(result);
    });
    const refs = results.map(({ found: { entry, revision } }) => ({ snapId: entry.snapId, revision }));
    const unread = refs.filter((_ref, index) => !results[index]?.found.entry.mentions(_ref.revision));
    const revisionOf = await this.catalogue.findRevisions(unread);
    return results.flatMap((result) => {
      const { entry, revision: number } = result.found;
      const revision = entry.released.get(number) ?? revisionOf(entry.snapId, number);
      if (!revision) return [];
      const channel = channelOf(result, request, device.architecture);
      return [{ entry, revision, channel, delta: result.delta }];
    });
  }
}

/** The channel on which a result was found, by its short name. */
function channelOf(
  { action, found: { entry } }: SnapResult,
  { context }: RefreshRequest,
  architecture: string,
): string | undefined {
  if (action.revision !== undefined) return undefined;
  const name = action.channel ?? context.get(action.instanceKey)?.trackingChannel ?? 'stable';
  const release = resolveChannel(entry.channelMap, architecture, parseChannel(name));
  return release && shortChannelName(release.channel);
}
