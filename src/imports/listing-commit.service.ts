import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StagedBlob } from '../blobs/blob-store.service.js';
import { MediaService } from '../catalogue/media.service.js';
import { pictureMedia } from '../snap-files/picture.js';
import type { PushedPicture } from './collected-pictures.js';
import type { SnapImport } from './snap-import.js';

/** What a push did with the pictures of a snap's listing. */
export interface ListingResult {
  /** What it is shown with now; undefined where that did not change. */
  readonly listed: readonly PushedPicture[] | undefined;
  /** Files that the store must hold for what it shows. */
  readonly blobs: readonly StagedBlob[];
}

const NOTHING: ListingResult = { listed: undefined, blobs: [] };

/** Puts the pictures of a snap's listing into the tables, inside the import's transaction. */
@Injectable()
export class ListingCommitService {
  constructor(private readonly media: MediaService) {}

  /** The list of a newer bundle takes the place of the one that is there, whatever revisions came with it. */
  async commit(tx: EntityManager, { snapId, listing }: SnapImport): Promise<ListingResult> {
    if (!listing) return NOTHING;
    const { pictures } = listing;
    // By a clock that is ahead, no bundle would be newer for a long time.
    const madeAt = new Date(Math.min(listing.madeAt.getTime(), Date.now()));
    const current = await this.media.findListing(tx, snapId);
    const blobs = pictures.map(({ blob }) => blob);
    const media = pictures.map((picture) => pictureMedia(snapId, picture));
    if (isDeepStrictEqual(current.media ?? [], media)) {
      await this.media.confirmListing(tx, snapId, madeAt);
      return { listed: undefined, blobs };
    }
    if (current.madeAt && current.madeAt > madeAt) return NOTHING;
    await this.media.replaceListing(tx, snapId, pictures, madeAt);
    return { listed: pictures, blobs };
  }
}
