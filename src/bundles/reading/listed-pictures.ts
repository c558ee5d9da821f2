import { sha3_384 } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import { maxPictureBytes, PICTURE_KINDS, readPicture, type Picture } from '../../snap-files/picture.js';
import { picturePath, type BundledMedium } from '../format/bundled-media.js';
import type { ArchiveFile } from '../tar-entries.js';
import type { ManifestCheck } from './manifest-check.js';
import { readSmall } from './read-small.js';

/** A picture of a snap's listing in a bundle. */
export interface BundledPicture {
  readonly type: 'picture';
  readonly path: string;
  readonly bytes: Buffer;
  readonly picture: Picture;
}

/** The pictures that a bundle may contain: only those in a list before them. */
export class ListedPictures {
  /** The size limit of each picture, by path. */
  private readonly limitBytes = new Map<string, number>();

  constructor(private readonly check: ManifestCheck) {}

  /** Accepts the pictures of a list. */
  expect(media: readonly BundledMedium[]): void {
    for (const { path, type } of media)
      this.limitBytes.set(path, Math.min(this.limitBytes.get(path) ?? Infinity, maxPictureBytes(type)));
  }

  /**
   * Reads a picture.
   *
   * @throws StoreError `invalid-bundle` if it is not listed or does not match its name, `too-large`
   */
  async read(file: ArchiveFile): Promise<BundledPicture> {
    const { path } = file;
    const limitBytes = this.limitBytes.get(path);
    if (limitBytes === undefined)
      throw new StoreError('invalid-bundle', `${path} is not listed by a metadata.json before it`);
    const bytes = await readSmall(file, limitBytes);
    this.check.keep(path, bytes.length, sha3_384(bytes));
    const picture = readPicture(bytes);
    if (!picture) throw new StoreError('invalid-bundle', `${path} is not a ${PICTURE_KINDS}`);
    const [name = ''] = path.split('/');
    if (path !== picturePath(name, picture))
      throw new StoreError(
        'invalid-bundle',
        `${path} does not match its name: the digest or the type differs`,
      );
    return { type: 'picture', path, bytes, picture };
  }
}
