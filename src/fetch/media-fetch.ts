import { rm, writeFile } from 'node:fs/promises';
import type { BundleMedium } from '../bundles/format/bundle-documents.js';
import { type JsonFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { PRIVATE_FILE } from '../common/files/private-files.js';
import { isRetryStatus } from '../outgoing/retry.service.js';
import { maxPictureBytes, PICTURE_KINDS, readPicture } from '../snap-files/picture.js';
import type { FetchObserver } from './fetch-run.js';
import { offeredMedia, type OfferedMedium } from './offered-media.js';
import { explainDisk, type PartialFiles } from './partial-files.js';
import type { UpstreamClient } from './upstream-client.js';

/** Characters of a picture's URL that a warning shows. */
const SHOWN_URL_LENGTH = 200;

/** Why a picture is left out. */
class LeftOut extends Error {}

/** Fetches the pictures of snaps' listings. If a picture fails, it is left out with a warning and the snap is kept. */
export class MediaFetch {
  /** Servers that did not answer any attempt: they are not asked again. */
  private readonly silent = new Set<string>();
  private readonly files = new Set<string>();

  constructor(
    private readonly client: UpstreamClient,
    private readonly partial: PartialFiles,
    private readonly observer: FetchObserver,
  ) {}

  /**
   * @param info - the upstream store's `info` answer
   * @returns the fetched pictures, in the store's order; undefined if the store lists none or all of them failed
   * @throws StoreError only `storage-failed`
   */
  async fetch(name: string, info: JsonFields | undefined): Promise<readonly BundleMedium[] | undefined> {
    const offered = info && offeredMedia(info, this.client.base);
    if (!offered) return undefined;
    const { media, refused } = offered;
    for (const why of refused) this.warn(name, why);
    if (media.length > 0)
      this.observer.say(`Downloading ${media.length} picture${media.length === 1 ? '' : 's'} of ${name}`);
    const fetched: BundleMedium[] = [];
    const unasked = new Map<string, number>();
    for (const medium of media) {
      const { origin } = medium.url;
      const one = this.silent.has(origin) ? undefined : await this.unlessLeftOut(name, medium);
      if (one) fetched.push(one);
      else if (one === undefined) unasked.set(origin, (unasked.get(origin) ?? 0) + 1);
    }
    for (const [origin, count] of unasked)
      this.warn(name, `${count} more: ${origin} did not answer an earlier request`);
    return fetched.length === 0 && media.length + refused.length > 0 ? undefined : fetched;
  }

  /** Removes the downloaded pictures: the bundles are written, or the fetch has failed. */
  async discard(): Promise<void> {
    for (const file of this.files) await rm(file, { force: true });
    this.files.clear();
  }

  /** @returns null if it was left out with a warning */
  private async unlessLeftOut(name: string, medium: OfferedMedium): Promise<BundleMedium | null> {
    try {
      return await this.keep(medium, await this.download(medium));
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      this.warn(name, `${medium.type} ${medium.url.href.slice(0, SHOWN_URL_LENGTH)}: ${error.message}`);
      return null;
    }
  }

  private async download({ type, url }: OfferedMedium): Promise<Buffer> {
    let answer;
    try {
      answer = await this.client.getFile(url, maxPictureBytes(type));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // An error with a cause is a failed connection; any other error is an unusable answer.
      if (error.code === 'upstream-failed' && error.cause !== undefined) this.silent.add(url.origin);
      throw new LeftOut(error.message, { cause: error });
    }
    const { status, body } = answer;
    if (isRetryStatus(status)) this.silent.add(url.origin);
    if (status !== 200) throw new LeftOut(`${answer.url.origin} answered ${status}`);
    return body;
  }

  private async keep({ type, width, height }: OfferedMedium, bytes: Buffer): Promise<BundleMedium> {
    const picture = readPicture(bytes);
    if (!picture) throw new LeftOut(`it is not a ${PICTURE_KINDS}`);
    const { digest, mediaType } = picture;
    const file = await this.partial.claim(digest);
    this.files.add(file);
    try {
      await writeFile(file, bytes, { mode: PRIVATE_FILE });
    } catch (error) {
      throw explainDisk(file, error);
    }
    return {
      type,
      digest,
      mediaType,
      sizeBytes: bytes.length,
      file,
      width: width ?? picture.width,
      height: height ?? picture.height,
    };
  }

  private warn(name: string, what: string): void {
    this.observer.warn(`left out of ${name}: ${what}`);
  }
}
