import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { CATALOGUE_CHANNEL, CatalogueService } from '../../catalogue/catalogue.service.js';
import { ChannelsService } from '../../catalogue/channels.service.js';
import { PreparedAnswers } from '../../catalogue/prepared-answers.js';
import { FEATURED } from '../../catalogue/snap.js';
import {
  ANY_ARCHITECTURE,
  architecturesOf,
  inDisplayOrder,
  releasesFor,
  releasesForEach,
  resolveChannel,
  type ChannelRelease,
} from '../../channels/channel-map.js';
import { isRisk, onDefaultTrack, parseChannel, risksFrom, type Channel } from '../../channels/channel.js';
import { FairQueue } from '../../common/fair-queue.js';
import { SEARCH_QUEUE } from '../../common/limits.js';
import { Pacer } from '../../common/pacer.js';
import { areStorable } from '../../common/storable-text.js';
import { NotificationsService } from '../../database/notifications.service.js';
import { Watches, type Watcher } from '../../database/watcher.js';
import { CONFINEMENTS } from '../../snap-files/snap-yaml.js';
import { DeviceCatalogueService, type RequestingDevice } from '../device-catalogue.service.js';
import { type Reach, type SearchCriteria, type SearchWindow } from './search-query.js';
import { SearchRepository } from './search.repository.js';

/** Most snaps in the answer of a search. */
export const MAX_SEARCH_RESULTS = 250;

/** Most snaps in an answer that are only similar to the query. */
export const MAX_LIKE_RESULTS = 10;

/**
 * The numbers of names that are checked in turn for one search: first of all matches, then of those that the device
 * could have.
 */
const MAX_SEARCH_WINDOWS = 4;

/** Shortest query for similar names and titles: pg_trgm compares three characters at a time. */
const LEAST_LIKE_LENGTH = 3;

/** Longest such query, in characters. No similar name or title is much longer. */
const MOST_LIKE_LENGTH = 64;

/** Memory for the lists of architectures, in bytes. */
const ARCHITECTURES_BYTES = 1 << 20;

export interface SearchRequest extends Omit<SearchCriteria, 'stores'> {
  readonly text?: string | undefined;
  /** Only snaps that a device on this channel could install; undefined: any risk. */
  readonly channel?: string | undefined;
  /** Only snaps with one of these confinements; undefined: any. */
  readonly confinements?: readonly string[] | undefined;
  /** Undefined: any. */
  readonly architecture: string | undefined;
  /** Whether the device follows the default track if the channel names none. */
  readonly followsDefaultTracks: boolean;
  readonly device: RequestingDevice;
}

export interface SearchResult {
  readonly entry: CatalogueSnap;
  readonly release: ChannelRelease & { readonly revision: number };
}

/** The found snaps that a device could have, with their releases. */
interface Offer {
  readonly channel: Channel | undefined;
  /** The channel on a snap's default track that the device follows, if it does. */
  readonly redirectOf: (defaultTrack: string | null) => string | undefined;
  readonly confinements: readonly string[] | undefined;
  readonly architecture: string | undefined;
  readonly device: RequestingDevice;
  /** The same, according to the rows alone. */
  readonly reach: Reach;
}

type NamesIn = (window: SearchWindow, reach?: Reach) => Promise<string[]>;

/** Finds snaps by a query string and conditions. */
@Injectable()
@Watches()
export class SearchService implements OnApplicationShutdown, Watcher {
  private readonly turns = new FairQueue(SEARCH_QUEUE);
  private readonly architectures: PreparedAnswers<ReadonlySet<string>>;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: SearchRepository,
    private readonly channels: ChannelsService,
    private readonly catalogue: CatalogueService,
    private readonly devices: DeviceCatalogueService,
    notifications: NotificationsService,
  ) {
    this.architectures = new PreparedAnswers(notifications, CATALOGUE_CHANNEL, ARCHITECTURES_BYTES);
  }

  /** Keeps the architectures in memory until any unit changes a snap: for a server. */
  async watch(): Promise<void> {
    this.unsubscribe = await this.architectures.watch();
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /**
   * The architecture that is used for devices of one: its own if anything was ever released for it, `all` if anything
   * is for all of them.
   *
   * @returns undefined if the store has nothing for it
   */
  async servedAs(architecture: string, address: string): Promise<string | undefined> {
    const known = await this.architectures.get('', address, async () => {
      const names = await this.channels.architectures();
      return { value: new Set(names), sizeBytes: 100 * names.length };
    });
    return [architecture, ANY_ARCHITECTURE].find((name) => known.has(name));
  }

  /**
   * Snaps that match all conditions, best first; if no word is found, those with names or titles
   * similar to the query.
   *
   * @throws StoreError `invalid-channel` on an invalid channel name; `too-many-requests` or `overloaded`
   *   if too many wait for their search
   */
  async search(request: SearchRequest): Promise<SearchResult[]> {
    const { architecture, confinements, device, categories = [] } = request;
    // They are passed within JSON, where the database refuses the same characters as in strings.
    if (!areStorable(categories)) return [];
    const channelName = request.channel === '' ? undefined : request.channel;
    const channel = channelName === undefined ? undefined : parseChannel(channelName);
    const redirectOf = (defaultTrack: string | null) =>
      request.followsDefaultTracks ? onDefaultTrack(defaultTrack, channelName ?? '') : undefined;
    const served = architecture === undefined ? undefined : await this.servedAs(architecture, device.address);
    const hasNothing = architecture !== undefined && served === undefined;
    if (hasNothing || (confinements && !CONFINEMENTS.some((one) => confinements.includes(one)))) return [];
    const reach: Reach = {
      architecture: served,
      place: channel && { track: channel.track, risks: risksFrom(channel.risk) },
      followsDefaultTrack: request.followsDefaultTracks && isRisk(channelName ?? ''),
      confinements,
    };
    const offer = { channel, redirectOf, confinements, architecture, device, reach };
    const criteria = { ...request, stores: await this.devices.storesOf(device.session) };
    return await this.turns.run(device.address, async () => await this.find(criteria, offer));
  }

  private async find(request: SearchRequest & SearchCriteria, offer: Offer): Promise<SearchResult[]> {
    const { categories = [] } = request;
    const text = (request.text ?? '').trim().replaceAll(/\s+/g, ' ');
    if (text !== '') return await this.searchText(request, text, offer);
    const namesOf =
      (criteria: SearchCriteria): NamesIn =>
      async (window, reach) =>
        await this.repository.names(criteria, window, reach);
    const found = await this.collect(offer, namesOf(request));
    // `snap find` without a query requests featured snaps. A store without featured snaps shows all.
    if (found.length > 0 || categories.length !== 1 || categories[0] !== FEATURED) return found;
    return await this.collect(offer, namesOf({ ...request, categories: [] }));
  }

  private async searchText(criteria: SearchCriteria, text: string, offer: Offer): Promise<SearchResult[]> {
    const found = await this.collect(
      offer,
      async (window, reach) => await this.repository.namesByText(criteria, text, window, reach),
    );
    if (found.length > 0 || text.length < LEAST_LIKE_LENGTH || text.length > MOST_LIKE_LENGTH) return found;
    const like = await this.collect(
      offer,
      async (window, reach) => await this.repository.namesByLikeness(criteria, text, window, reach),
    );
    return like.slice(0, MAX_LIKE_RESULTS);
  }

  /**
   * Most searches are answered by the first names found. If too few of them are for the device, the database is
   * queried for those that could be, because checking all of them could take seconds.
   */
  private async collect(offer: Offer, namesIn: NamesIn): Promise<SearchResult[]> {
    const limit = MAX_SEARCH_RESULTS;
    const names = await namesIn({ limit, offset: 0 });
    const results = await this.resultsAmong(names, offer);
    if (names.length < limit) return results;
    const seen = new Set(names);
    for (
      let offset = 0;
      results.length < limit && offset < limit * (MAX_SEARCH_WINDOWS - 1);
      offset += limit
    ) {
      const more = await namesIn({ limit, offset }, offer.reach);
      results.push(
        ...(await this.resultsAmong(
          more.filter((name) => !seen.has(name)),
          offer,
        )),
      );
      if (more.length < limit) break;
    }
    return results.slice(0, limit);
  }

  /** The snaps that the device could have, in the same order. */
  private async resultsAmong(names: readonly string[], offer: Offer): Promise<SearchResult[]> {
    const results: SearchResult[] = [];
    const pacer = new Pacer();
    for (const entry of await this.catalogue.findAllByName(names, { address: offer.device.address })) {
      if (pacer.isDue) await pacer.rest();
      const seen = entry.variations ? await this.devices.seenBy(entry, offer.device.session) : entry;
      const result = resultFor(seen, offer);
      if (result) results.push(result);
    }
    return results;
  }
}

function isOpen(release: ChannelRelease | undefined): release is ChannelRelease & { revision: number } {
  return release !== undefined && release.revision !== null;
}

function releaseFor(
  { channelMap, defaultTrack }: CatalogueSnap,
  { channel, architecture, redirectOf }: Offer,
): ChannelRelease | undefined {
  if (!channel) {
    const releases =
      architecture === undefined ? releasesForEach(channelMap) : releasesFor(channelMap, architecture);
    return inDisplayOrder(releases, defaultTrack)[0];
  }
  const redirect = redirectOf(defaultTrack);
  const wanted = redirect === undefined ? [channel] : [parseChannel(redirect), channel];
  const architectures = architecture === undefined ? architecturesOf(channelMap) : [architecture];
  for (const one of wanted)
    for (const name of architectures) {
      const release = resolveChannel(channelMap, name, one);
      if (release) return release;
    }
  return undefined;
}

function resultFor(entry: CatalogueSnap, offer: Offer): SearchResult | undefined {
  const release = releaseFor(entry, offer);
  if (!isOpen(release)) return undefined;
  const { confinements } = offer;
  if (!confinements) return { entry, release };
  const confinement = entry.released.get(release.revision)?.confinement;
  return confinement !== undefined && confinements.includes(confinement) ? { entry, release } : undefined;
}
