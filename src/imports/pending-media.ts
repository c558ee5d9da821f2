import type { BlobStoreService, StagedBlob } from '../blobs/blob-store.service.js';
import { picturePath, type BundledMedium } from '../bundles/format/bundled-media.js';
import type { BundlePromise } from '../bundles/reading/bundle-promise.js';
import { once, readSmall } from '../bundles/reading/read-small.js';
import type { ArchiveFile } from '../bundles/tar-entries.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { maxPictureBytes, PICTURE_KINDS, readPicture, type ListedPicture } from '../snap-files/picture.js';

/** A picture of a snap's listing that came along and was written to disk. */
export interface PushedPicture extends ListedPicture {
  readonly blob: StagedBlob;
}

type StagedPicture = Omit<PushedPicture, 'type'>;

/** The pictures that a bundle has brought so far: only those that a list before them names. */
export class PendingMedia {
  /** By path: how long the picture may be. */
  private readonly wanted = new Map<string, number>();
  private readonly staged = new Map<string, StagedPicture>();

  constructor(
    private readonly blobs: BlobStoreService,
    private readonly promise: BundlePromise,
  ) {}

  /** Lets the pictures of a list come. */
  expect(media: readonly BundledMedium[]): void {
    for (const { path, type } of media)
      this.wanted.set(path, Math.min(this.wanted.get(path) ?? Infinity, maxPictureBytes(type)));
  }

  /**
   * Takes in a picture.
   *
   * @throws StoreError `invalid-bundle` where nothing lists it or it is not what its name says, `too-large`
   */
  async take(file: ArchiveFile): Promise<void> {
    const limitBytes = this.wanted.get(file.path);
    if (limitBytes === undefined)
      throw new StoreError(
        'invalid-bundle',
        `${file.path} is listed by no metadata.json that comes before it`,
      );
    const bytes = await readSmall(file, limitBytes);
    this.promise.keep(file.path, bytes.length, sha3_384(bytes));
    const picture = readPicture(bytes);
    if (!picture) throw new StoreError('invalid-bundle', `${file.path} is no ${PICTURE_KINDS}`);
    const [name = ''] = file.path.split('/');
    if (file.path !== picturePath(name, picture))
      throw new StoreError(
        'invalid-bundle',
        `${file.path} is not what its name says: its digest or its kind differs`,
      );
    const { digest, mediaType, width, height } = picture;
    const blob = await this.blobs.stage(once(bytes), bytes.length);
    this.staged.set(file.path, { digest, mediaType, width, height, blob });
  }

  /**
   * The pictures of a list, in its order. What the list says of their size holds, then what they say themselves.
   *
   * @throws StoreError `invalid-bundle` where one did not come along
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
