import type { BlobStoreService, StagedBlob } from '../blobs/blob-store.service.js';
import type { BundledMedium } from '../bundles/format/bundled-media.js';
import { once } from '../bundles/reading/file-content.js';
import type { BundledPicture } from '../bundles/reading/listed-pictures.js';
import { StoreError } from '../common/errors.js';
import type { ListedPicture } from '../snap-files/picture.js';

/** A picture of a snap's listing that was in the bundle and was written to disk. */
export interface PushedPicture extends ListedPicture {
  readonly blob: StagedBlob;
}

type StagedPicture = Omit<PushedPicture, 'type'>;

/** The pictures of a bundle that were read so far. */
export class CollectedPictures {
  private readonly staged = new Map<string, StagedPicture>();

  constructor(private readonly blobs: BlobStoreService) {}

  /** Writes a picture to disk. */
  async take({ path, picture }: BundledPicture): Promise<void> {
    const { bytes, digest, mediaType, width, height } = picture;
    const blob = await this.blobs.stage(once(bytes), bytes.length);
    this.staged.set(path, { digest, mediaType, width, height, blob });
  }

  /**
   * The pictures of a list, in its order. A size in the list takes precedence over the size in the picture.
   *
   * @throws StoreError `invalid-bundle` if a picture is missing
   */
  resolve(media: readonly BundledMedium[]): PushedPicture[] {
    return media.map(({ type, path, width, height }) => {
      const staged = this.staged.get(path);
      if (!staged) throw new StoreError('invalid-bundle', `${path} is missing: a metadata.json lists it`);
      return { ...staged, type, width: width ?? staged.width, height: height ?? staged.height };
    });
  }

  async discard(): Promise<void> {
    for (const { blob } of this.staged.values()) await this.blobs.discard(blob);
  }
}
