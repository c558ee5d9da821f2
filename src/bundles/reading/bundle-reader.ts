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

/** Most bytes of all files in an archive that are neither snaps, components, assertions nor JSON, together. */
export const MAX_IGNORED_BYTES = 256 << 20;

// If the name is unknown, the content decides.
const ASSERTION_NAME = /\.(?:assert|assertion|assertions)$/i;
const JSON_NAME = /\.json$/i;

/** A file of assertions, not decoded yet. */
export interface AssertionStream {
  readonly type: 'assertions';
  readonly path: string;
  readonly bytes: Buffer;
}

/** A JSON document, which no assertion signs; only a bundle's manifest may. */
export interface BundleDocument {
  readonly type: 'document';
  readonly path: string;
  readonly channelMap: BundledChannelMap | undefined;
  /** Includes the pictures of the snap's listing, if the bundle lists them. */
  readonly metadata: BundledMetadata | undefined;
}

/** An item of a bundle; a reader yields them in the order of the file. */
export type BundleItem = SignedFile | AssertionStream | BundleDocument | BundledPicture;

/**
 * Reads the input of a push: a bundle, another archive of snaps and assertions, or a snap with its assertions and
 * components. The type of each file is taken from its name, or else from its content; files of other types are ignored.
 * For a bundle, it checks the manifest: its signature, that each file matches its entry, that no file is missing and
 * that there is no other file.
 *
 * Its items are not verified: the caller must verify the assertions, and check each snap against them.
 */
export class BundleReader {
  private readonly check: ManifestCheck;
  private readonly pictures: ListedPictures;
  private ignoredBytes = 0;

  /** @param budget - the budget of the whole import, for bytes read and for documents in memory */
  constructor(
    private readonly input: ImportInput,
    trust: ManifestTrust,
    private readonly budget: ImportBudget,
  ) {
    this.check = new ManifestCheck(trust, input.kind);
    this.pictures = new ListedPictures(this.check);
  }

  /** Set for a bundle, after its first file was read. */
  get manifest(): Manifest | undefined {
    return this.check.manifest;
  }

  /** Id of the key that signed the manifest. */
  get signedBy(): string | undefined {
    return this.check.signedBy;
  }

  /**
   * Reads everything once. The content of a signed file is valid until the next item is requested.
   *
   * @param onBytes - called with the number of bytes read since the last call
   * @throws StoreError `invalid-bundle` or `too-large`, naming the file
   */
  async *items(onBytes: (count: number) => void): AsyncGenerator<BundleItem> {
    for await (const file of this.input.files(onBytes)) {
      if (isSideFile(file.path)) this.passOver(file);
      else if (!(await this.check.takeHead(file))) yield* this.itemsOf(file);
    }
  }

  /**
   * Reads the snaps and components that came before their assertions a second time.
   *
   * @param isWanted - called for each file before it is read
   */
  async *signedFiles(
    isWanted: (path: string) => boolean,
    onBytes: (count: number) => void,
  ): AsyncGenerator<SignedFile> {
    for await (const file of this.input.files(onBytes))
      if (isWanted(file.path)) yield this.signedFile(file, kindsByName(file));
  }

  /** @throws StoreError `invalid-bundle` if a file of the manifest is missing, or a required signature is missing */
  finish(): void {
    this.check.finish();
  }

  /** Yields one item, or none if the file is ignored. */
  private async *itemsOf(file: ArchiveFile): AsyncGenerator<BundleItem> {
    const kinds = kindsByName(file);
    if (kinds.length > 0) yield this.signedFile(file, kinds);
    else if (ASSERTION_NAME.test(file.path)) yield await this.assertionStream(file);
    else if (JSON_NAME.test(file.path)) yield await this.document(file);
    else if (this.manifest && isPicturePath(file.path)) yield await this.pictures.read(file);
    else yield* this.itemsByContent(file);
  }

  /** Finds the type of a file with an unknown name from its first bytes. */
  private async *itemsByContent(file: ArchiveFile): AsyncGenerator<BundleItem> {
    const { head, whole } = await peek(file);
    if (isSquashfsStart(head)) yield this.signedFile(whole, []);
    else if (isAssertionStart(head)) yield await this.assertionStream(whole);
    else this.ignore(file);
    await drain(whole);
  }

  /** @param kinds - empty if the name is unknown */
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
    // Only our own bundles contain pictures.
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
