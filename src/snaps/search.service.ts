import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { ProvenDevice } from '../common/proven-device.js';
import { CatalogueService } from './catalogue.service.js';
import type { CatalogueSnap } from './catalogue-snap.js';
import { resolveChannel, releasesFor, type ChannelRelease, inDisplayOrder } from './channel/channel-map.js';
import { onDefaultTrack, parseChannel, type Channel } from './channel/channel.js';
import { DeviceViewService } from './device-view.service.js';
import { FEATURED, type SearchCriteria, type SearchWindow } from './search-query.js';
import { SearchRepository, type CatalogueName, type NamesRequest } from './search.repository.js';
import { aliasesOf, type SnapAlias } from './snap-aliases.js';

/** The most snaps that one search answers with. */
export const MAX_SEARCH_RESULTS = 250;

/** The most snaps that are answered for being called something like the text. */
export const MAX_LIKE_RESULTS = 10;

/** Names read at once of those that devices complete from. */
export const NAMES_AT_ONCE = 1_000;

/** Shortest text that names and titles like it are looked for: pg_trgm compares three characters at a time. */
const LEAST_LIKE_LENGTH = 3;

export interface SearchRequest extends SearchCriteria {
  readonly text?: string | undefined;
  /** Only snaps that a device on this channel could install; without it, any risk. */
  readonly channel?: string | undefined;
  /** Only snaps confined like one of these; without it, any. */
  readonly confinements?: readonly string[] | undefined;
  readonly architecture: string;
  /** Whether the device is led to the default track where the channel names none. */
  readonly followsDefaultTracks: boolean;
  /** Who asks, where it has a session. */
  readonly device?: ProvenDevice | undefined;
}

export interface SearchResult {
  readonly entry: CatalogueSnap;
  readonly release: ChannelRelease & { readonly revision: number };
}

/** A snap of the names catalogue with its aliases. */
export type ListedName = CatalogueName & { readonly aliases: readonly SnapAlias[] };

/** Which snaps of those found a device could have, and in which release. */
interface Offer {
  readonly channel: Channel | undefined;
  /** What a device is led to by a snap's default track, if it is. */
  readonly redirectOf: (defaultTrack: string | null) => string | undefined;
  readonly confinements: readonly string[] | undefined;
  readonly architecture: string;
  readonly device: ProvenDevice | undefined;
}

type NamesIn = (window: SearchWindow) => Promise<string[]>;

/** Finds snaps by name and words. */
@Injectable()
export class SearchService {
  constructor(
    private readonly repository: SearchRepository,
    private readonly catalogue: CatalogueService,
    private readonly assertions: AssertionsService,
    private readonly views: DeviceViewService,
  ) {}

  /**
   * Snaps that meet all that is asked for, best first; where no word is found, those that are called
   * something like the text.
   *
   * @throws StoreError `invalid-channel` where the channel's name is none
   */
  async search(request: SearchRequest): Promise<SearchResult[]> {
    const { confinements, architecture, device, categories = [] } = request;
    const channel =
      request.channel === undefined || request.channel === '' ? undefined : parseChannel(request.channel);
    const redirectOf = (defaultTrack: string | null) =>
      request.followsDefaultTracks ? onDefaultTrack(defaultTrack, request.channel ?? '') : undefined;
    const offer = { channel, redirectOf, confinements, architecture, device };
    const text = (request.text ?? '').trim().replaceAll(/\s+/g, ' ');
    if (text !== '') return await this.searchText(request, text, offer);
    const found = await this.collect(offer, (window) => this.repository.names(request, window));
    // `snap find` without words asks for what is featured; a store that features nothing shows what it has.
    if (found.length > 0 || categories.length !== 1 || categories[0] !== FEATURED) return found;
    const any = { ...request, categories: [] };
    return await this.collect(offer, (window) => this.repository.names(any, window));
  }

  /**
   * Every snap that a device can see, by name, without the limit of a search: what devices complete names from.
   * It comes in parts of up to {@link NAMES_AT_ONCE}, so that a large store is never in memory as a whole.
   */
  async *listNames(request: NamesRequest): AsyncGenerator<ListedName[]> {
    let after: string | undefined = '';
    while (after !== undefined) {
      const names = await this.repository.listNames(request, { after, limit: NAMES_AT_ONCE });
      yield await Promise.all(names.map((name) => this.withAliases(name)));
      after = names.length < NAMES_AT_ONCE ? undefined : names.at(-1)?.name;
    }
  }

  private async withAliases(name: CatalogueName): Promise<ListedName> {
    const declaration = name.hasAliases
      ? await this.assertions.find('snap-declaration', ['16', name.snapId])
      : undefined;
    return { ...name, aliases: aliasesOf(declaration) };
  }

  private async searchText(criteria: SearchCriteria, text: string, offer: Offer): Promise<SearchResult[]> {
    const found = await this.collect(offer, (window) => this.repository.namesByText(criteria, text, window));
    if (found.length > 0 || text.length < LEAST_LIKE_LENGTH) return found;
    const like = await this.collect(offer, (window) =>
      this.repository.namesByLikeness(criteria, text, window),
    );
    return like.slice(0, MAX_LIKE_RESULTS);
  }

  /** Goes through names until enough are found that the device could have, or there are no more. */
  private async collect(offer: Offer, namesIn: NamesIn): Promise<SearchResult[]> {
    const results: SearchResult[] = [];
    const limit = MAX_SEARCH_RESULTS;
    for (let offset = 0; results.length < MAX_SEARCH_RESULTS; offset += limit) {
      const names = await namesIn({ limit, offset });
      for (const entry of await this.catalogue.findAllByName(names)) {
        const seen = entry.variations ? await this.views.seenBy(entry, offer.device) : entry;
        const result = resultFor(seen, offer);
        if (result) results.push(result);
      }
      if (names.length < limit) break;
    }
    return results.slice(0, MAX_SEARCH_RESULTS);
  }
}

function isOpen(release: ChannelRelease | undefined): release is ChannelRelease & { revision: number } {
  return release !== undefined && release.revision !== null;
}

function releaseFor(
  { channelMap, defaultTrack }: CatalogueSnap,
  { channel, architecture, redirectOf }: Offer,
): ChannelRelease | undefined {
  if (channel) {
    const redirect = redirectOf(defaultTrack);
    const redirected =
      redirect === undefined ? undefined : resolveChannel(channelMap, architecture, parseChannel(redirect));
    return redirected ?? resolveChannel(channelMap, architecture, channel);
  }
  return inDisplayOrder(releasesFor(channelMap, architecture), defaultTrack)[0];
}

function resultFor(entry: CatalogueSnap, offer: Offer): SearchResult | undefined {
  const release = releaseFor(entry, offer);
  if (!isOpen(release)) return undefined;
  const { confinements } = offer;
  if (!confinements) return { entry, release };
  const confinement = entry.released.get(release.revision)?.confinement;
  return confinement !== undefined && confinements.includes(confinement) ? { entry, release } : undefined;
}
