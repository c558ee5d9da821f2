import { Injectable } from '@nestjs/common';
import { CatalogueService } from './catalogue.service.js';
import type { CatalogueSnap } from './catalogue-snap.js';
import { resolveChannel, releasesFor, type ChannelRelease, inDisplayOrder } from './channel/channel-map.js';
import { parseChannel } from './channel/channel.js';
import { SearchRepository, type CatalogueName } from './search.repository.js';

/** The most snaps that one search answers with. */
export const MAX_SEARCH_RESULTS = 500;

export interface SearchRequest {
  readonly text?: string | undefined;
  readonly namePrefix?: string | undefined;
  readonly commonId?: string | undefined;
  readonly category?: string | undefined;
  /** Only snaps that a device on this channel could install; without it, any risk. */
  readonly channel?: string | undefined;
  /** Only snaps confined like one of these; without it, any. */
  readonly confinements?: readonly string[] | undefined;
  readonly architecture: string;
}

export interface SearchResult {
  readonly entry: CatalogueSnap;
  readonly release: ChannelRelease & { readonly revision: number };
}

function isOpen(release: ChannelRelease | undefined): release is ChannelRelease & { revision: number } {
  return release !== undefined && release.revision !== null;
}

function isConfined(entry: CatalogueSnap, number: number, { confinements }: SearchRequest): boolean {
  const revision = entry.released.get(number);
  return (
    confinements === undefined || (revision !== undefined && confinements.includes(revision.confinement))
  );
}

/** Finds snaps by name and words. */
@Injectable()
export class SearchService {
  constructor(
    private readonly repository: SearchRepository,
    private readonly catalogue: CatalogueService,
  ) {}

  async search(request: SearchRequest): Promise<SearchResult[]> {
    const entries = await this.catalogue.findAllByName(await this.names(request));
    return entries.flatMap((entry) => {
      const release = this.releaseFor(entry, request);
      return isOpen(release) && isConfined(entry, release.revision, request) ? [{ entry, release }] : [];
    });
  }

  /** Every snap of an architecture, without the limit of a search: what devices complete names from. */
  async listNames(architecture: string): Promise<CatalogueName[]> {
    return await this.repository.listNames(architecture);
  }

  async categories(): Promise<string[]> {
    return await this.repository.categoryNames();
  }

  private async names({ text, namePrefix, commonId, category }: SearchRequest): Promise<string[]> {
    if (namePrefix !== undefined)
      return await this.repository.namesWithPrefix(namePrefix, MAX_SEARCH_RESULTS);
    if (commonId !== undefined) return await this.repository.namesWithCommonId(commonId, MAX_SEARCH_RESULTS);
    if (text !== undefined && text !== '') return await this.repository.searchNames(text, MAX_SEARCH_RESULTS);
    if (category === undefined) return await this.repository.namesWithPrefix('', MAX_SEARCH_RESULTS);
    const names = await this.repository.namesInCategory(category, MAX_SEARCH_RESULTS);
    // `snap find` without words asks for what is featured; a store that features nothing shows what it has.
    return names.length === 0 && category === 'featured'
      ? await this.repository.namesWithPrefix('', MAX_SEARCH_RESULTS)
      : names;
  }

  private releaseFor(
    entry: CatalogueSnap,
    { channel, architecture }: SearchRequest,
  ): ChannelRelease | undefined {
    if (channel !== undefined && channel !== '')
      return resolveChannel(entry.channelMap, architecture, parseChannel(channel));
    return inDisplayOrder(releasesFor(entry.channelMap, architecture), entry.snap.defaultTrack)[0];
  }
}
