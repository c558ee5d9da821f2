import { MAX_ASSERTION_FILE_BYTES } from '../../assertions/travelled-stream.js';
import { sha3_384 } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import { isSideFile } from '../../common/files/side-files.js';
import { MAX_BUNDLE_JSON_BYTES, parseJson } from '../format/bundle-json.js';
import { isPicturePath, parseBundledMedia } from '../format/bundled-media.js';
import { parseChannelMap, type BundledChannelMap } from '../format/channel-map.js';
import type { ManifestTrust } from '../format/manifest-signature.js';
import type { Manifest } from '../format/manifest.js';
import { parseMetadata, type BundledMetadata } from '../format/metadata.js';
import { isAssertionStart, isSquashfsStart } from '../input-kind.js';
import type { ArchiveFile } from '../tar-entries.js';
import { valueCost, type ImportBudget } from './import-budget.js';
import type { ImportInput } from './import-input.js';
import { ListedPictures, type BundledPicture } from './listed-pictures.js';
import { ManifestCheck } from './manifest-check.js';
import { drain, peek } from './peek.js';
import { readSmall } from './read-small.js';
import { COMPONENT, kindsByName, SNAP, type SignedFile, type SignedFileKind } from './signed-file.js';

/** All files of an archive that are neither snaps, components, assertions nor JSON may have this many bytes together. */
export const MAX_IGNORED_BYTES = 256 << 20;

// Where a name says nothing, the content does.
const ASSERTION_NAME = /\.(?:assert|assertion|assertions)$/i;
const JSON_NAME = /\.json$/i;

/** A file of assertions, not decoded yet. */
export interface AssertionStream {
  readonly type: 'assertions';
  readonly path: string;
  readonly bytes: Buffer;
}

/** A JSON document: what nobody signs but a bundle's manifest. */
export interface BundleDocument {
  readonly type: 'document';
  readonly path: string;
  readonly channelMap: BundledChannelMap | undefined;
  /** With the pictures of the snap's listing, where a bundle lists them. */
  readonly metadata: BundledMetadata | undefined;
}

/** What a reader hands out, in the order of the file. */
export type BundleItem = SignedFile | AssertionStream | BundleDocument | BundledPicture;

/**
 * Reads what was given to a push: a bundle, another archive of snaps and assertions, or a snap with what belongs to
 * it. Says of each file what it is, by its name first and else by its content, and passes over what is nothing for a
 * store. Of a bundle it keeps the promise of the manifest: who signed it, that each file is as it says, that none is
 * missing and that there is no other.
 *
 * Nothing that it hands out is believed yet: assertions are not verified, and whether a snap is the one that its
 * assertions are about is for the caller to find out.
 */
export class BundleReader {
  private readonly check: ManifestCheck;
  private readonly pictures: ListedPictures;
  private ignoredBytes = 0;

  /** @param budget - of the whole import: for what is read, and for the documents that are held */
  constructor(
    private readonly input: ImportInput,
    trust: ManifestTrust,
    private readonly budget: ImportBudget,
  ) {
    this.check = new ManifestCheck(trust, input.kind);
    this.pictures = new ListedPictures(this.check);
  }

  /** Of a bundle, once its first file was read. */
  get manifest(): Manifest | undefined {
    return this.check.manifest;
  }

  /** Id of the key that signed the manifest. */
  get signedBy(): string | undefined {
    return this.check.signedBy;
  }

  /**
   * Reads everything, once. The content of a signed file is there until the next item is asked for.
   *
   * @param onBytes - called with the number of bytes read since the last call
   * @throws StoreError `invalid-bundle` or `too-large`, saying which file is wrong
   */
  async *items(onBytes: (count: number) => void): AsyncGenerator<BundleItem> {
    for await (const file of this.input.files(onBytes)) {
      if (isSideFile(file.path)) this.passOver(file);
      else if (!(await this.check.takeHead(file))) yield* this.itemsOf(file);
    }
  }

  /**
   * Reads snaps and components a second time, which came before their assertions.
   *
   * @param isWanted - asked of each file when its turn comes
   */
  async *signedFiles(
    isWanted: (path: string) => boolean,
    onBytes: (count: number) => void,
  ): AsyncGenerator<SignedFile> {
    for await (const file of this.input.files(onBytes))
      if (isWanted(file.path)) yield this.signedFile(file, kindsByName(file));
  }

  /** @throws StoreError `invalid-bundle` for a bundle that lacks what its manifest lists, or that must be signed and is not */
  finish(): void {
    this.check.finish();
  }

  /** One item, or none of a file that is nothing for a store. */
  private async *itemsOf(file: ArchiveFile): AsyncGenerator<BundleItem> {
    const kinds = kindsByName(file);
    if (kinds.length > 0) yield this.signedFile(file, kinds);
    else if (ASSERTION_NAME.test(file.path)) yield await this.assertionStream(file);
    else if (JSON_NAME.test(file.path)) yield await this.document(file);
    else if (this.manifest && isPicturePath(file.path)) yield await this.pictures.read(file);
    else yield* this.itemsByContent(file);
  }

  /** Of a file whose name says nothing: only what it begins with is looked at. */
  private async *itemsByContent(file: ArchiveFile): AsyncGenerator<BundleItem> {
    const { head, whole } = await peek(file);
    if (isSquashfsStart(head)) yield this.signedFile(whole, []);
    else if (isAssertionStart(head)) yield await this.assertionStream(whole);
    else this.ignore(file);
    await drain(whole);
  }

  /** @param kinds - none where the name says nothing */
  private signedFile(
    { path, sizeBytes, content }: ArchiveFile,
    kinds: readonly SignedFileKind[],
  ): SignedFile {
    return {
      type: 'signed-file',
      path,
      sizeBytes,
      content,
      kinds: kinds.length > 0 ? kinds : [SNAP, COMPONENT],
      confirm: (read) => this.check.keep(path, read.sizeBytes, read.digest),
    };
  }

  private async assertionStream(file: ArchiveFile): Promise<AssertionStream> {
    const bytes = await this.readPromised(file, MAX_ASSERTION_FILE_BYTES);
    return { type: 'assertions', path: file.path, bytes };
  }

  private async document(file: ArchiveFile): Promise<BundleDocument> {
    const { path } = file;
    const document = parseJson(path, await this.readPromised(file, MAX_BUNDLE_JSON_BYTES));
    const channelMap = parseChannelMap(path, document);
    const metadata = parseMetadata(document);
    if (channelMap) this.budget.hold(valueCost(channelMap));
    if (!metadata) return { type: 'document', path, channelMap, metadata };
    // Only our own bundles list pictures of theirs.
    const media = this.manifest && parseBundledMedia(path, document);
    this.budget.hold(valueCost(metadata) + valueCost(media));
    if (media) this.pictures.expect(media);
    return { type: 'document', path, channelMap, metadata: { ...metadata, ...(media && { media }) } };
  }

  private async readPromised(file: ArchiveFile, limitBytes: number): Promise<Buffer> {
    const bytes = await readSmall(file, limitBytes);
    this.budget.read(bytes.length);
    if (this.manifest) this.check.keep(file.path, bytes.length, sha3_384(bytes));
    return bytes;
  }

  private ignore(file: ArchiveFile): void {
    if (this.manifest) throw new StoreError('invalid-bundle', `${file.path} is not in its manifest`);
    this.passOver(file);
  }

  private passOver(file: ArchiveFile): void {
    this.ignoredBytes += file.sizeBytes;
    if (this.ignoredBytes > MAX_IGNORED_BYTES)
      throw new StoreError(
        'too-large',
        `it contains more than ${MAX_IGNORED_BYTES} bytes that are neither snaps, components, assertions nor JSON`,
      );
  }
}
