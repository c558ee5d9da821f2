import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { AssertionBatch, type BatchResult } from '../assertions/trust/batch.js';
import type { BlobStore, StagedBlob } from '../blobs/blob-store.js';
import { MAX_BUNDLE_JSON_BYTES, parseJson } from '../bundles/format/bundle-json.js';
import { isPicturePath, parseBundledMedia } from '../bundles/format/bundled-media.js';
import { parseChannelMap, type BundledChannelMap } from '../bundles/format/channel-map.js';
import { parseMetadata, type BundledMetadata } from '../bundles/format/metadata.js';
import type { ArchiveFile } from '../bundles/tar-entries.js';
import { digestToBase64url } from '../common/digest.js';
import { StoreError } from '../common/errors.js';
import { eachAssertionOf } from './assertion-file.js';
import type { BundlePromise } from './bundle-promise.js';
import { assertionCost, ImportBudget, valueCost } from './import-budget.js';
import { MAX_ASSERTION_FILE_BYTES } from './pair-input.js';
import { PendingMedia } from './pending-media.js';
import { readSmall } from './read-small.js';

/** All files of an archive that are neither snaps, components, assertions nor JSON may have this many bytes together. */
export const MAX_IGNORED_BYTES = 256 << 20;

const ASSERTION_NAME = /\.(?:assert|assertion|assertions)$/;
const JSON_NAME = /\.json$/;
/** What tar on macOS writes before a file that has extended attributes, and its folders' own files. */
const SIDE_FILE = /(?:^|\/)(?:\._[^/]*|\.DS_Store|__MACOSX\/.*)$/;

/** What vouches for a file, by the file's name. */
interface Vouching {
  readonly isName: RegExp;
  readonly typeName: string;
  readonly sizeHeader: string;
  readonly digestHeader: string;
  readonly revisionHeader: string;
}

const SNAP: Vouching = {
  isName: /\.snap$/,
  typeName: 'snap-revision',
  sizeHeader: 'snap-size',
  digestHeader: 'snap-sha3-384',
  revisionHeader: 'snap-revision',
};

const COMPONENT: Vouching = {
  isName: /\.comp$/,
  typeName: 'snap-resource-revision',
  sizeHeader: 'resource-size',
  digestHeader: 'resource-sha3-384',
  revisionHeader: 'resource-revision',
};

/** A file that was written to disk and equals the verified assertion that vouches for it. */
export interface StagedFile {
  readonly path: string;
  readonly blob: StagedBlob;
  /** A snap-revision, or for a component a snap-resource-revision. */
  readonly assertion: Assertion;
}

/** What one pushed file has brought so far. Nothing of it is visible, or in the database, yet. */
export class PendingImport {
  readonly staged: StagedFile[] = [];
  readonly components: StagedFile[] = [];
  readonly channelMaps: BundledChannelMap[] = [];
  readonly metadata: BundledMetadata[] = [];
  /** The pictures of listings. */
  readonly media: PendingMedia;
  /** Files that came before their assertions; they need a second reading. */
  readonly postponed = new Set<string>();
  private readonly batch = new AssertionBatch();
  private readonly budget = new ImportBudget();
  private verifiedSoFar: BatchResult | undefined;
  private ignoredBytes = 0;

  constructor(
    private readonly trust: AssertionsService,
    private readonly blobs: BlobStore,
    readonly promise: BundlePromise,
    readonly kind: 'pair' | 'archive',
  ) {
    this.media = new PendingMedia(blobs, promise);
  }

  /** Of each that was read the newest revision, in order; once `finish` has returned, all of them are believed. */
  assertions(): IterableIterator<Assertion> {
    return this.batch.assertions();
  }

  /** Of snaps and components. */
  get files(): StagedFile[] {
    return [...this.staged, ...this.components];
  }

  /** Takes in one file; a snap or component only if an assertion that came before it may be about it. */
  async take(file: ArchiveFile): Promise<void> {
    if (SIDE_FILE.test(file.path)) return this.passOver(file);
    if (await this.promise.take(file)) return;
    const vouching = vouchingFor(file);
    if (vouching) await this.takeSigned(file, vouching, false);
    else if (ASSERTION_NAME.test(file.path))
      this.addAssertions(file.path, await this.readPromised(file, MAX_ASSERTION_FILE_BYTES));
    else if (JSON_NAME.test(file.path))
      await this.addDocument(file.path, await this.readPromised(file, MAX_BUNDLE_JSON_BYTES));
    else if (this.promise.manifest && isPicturePath(file.path)) await this.media.take(file);
    else await this.ignore(file);
  }

  /** Takes in a file whose assertions have all been read by now. */
  async takePostponed(file: ArchiveFile): Promise<void> {
    const vouching = vouchingFor(file);
    if (!vouching || !this.postponed.delete(file.path)) return;
    if (candidatesOf(file, vouching, await this.verify()).length === 0) {
      this.refuseUnverified();
      throw new StoreError(
        'invalid-bundle',
        `${file.path} has ${file.sizeBytes} bytes, and no verified ${vouching.typeName} assertion is about a file of that size`,
      );
    }
    await this.takeSigned(file, vouching, true);
  }

  /** Checks what can only be checked once everything was read. @param needsSnap - refuse it without any snap */
  async finish(needsSnap = true): Promise<BatchResult> {
    const result = await this.verify();
    this.batch.refuseUnresolved(result);
    const { manifest } = this.promise;
    const leavesOut = (manifest?.leftOut.length ?? 0) + (manifest?.leftOutComponents.length ?? 0) > 0;
    if (needsSnap && this.files.length === 0 && !leavesOut)
      throw new StoreError('invalid-bundle', 'it holds no snap');
    this.promise.finish();
    return result;
  }

  async discard(): Promise<void> {
    for (const { blob } of this.files) await this.blobs.discard(blob);
    await this.media.discard();
  }

  /** @param isLast - no assertion that is still to come can be about it */
  private async takeSigned(file: ArchiveFile, vouching: Vouching, isLast: boolean): Promise<void> {
    const candidates = candidatesOf(file, vouching, await this.verify());
    if (candidates.length === 0) {
      this.postponed.add(file.path);
      return;
    }
    const blob = await this.blobs.stage(file.content, file.sizeBytes);
    const digest = digestToBase64url(blob.digest);
    const assertion = candidates.find((one) => headerText(one, vouching.digestHeader) === digest);
    if (!assertion) {
      await this.blobs.discard(blob);
      if (!isLast) {
        // Another file's assertion was about one of the same size; this one's may follow.
        this.postponed.add(file.path);
        return;
      }
      throw new StoreError(
        'invalid-bundle',
        `${this.describe(candidates, vouching)}${basename(file.path)} is not the file that its ${vouching.typeName} assertion is about: its digest differs`,
      );
    }
    (vouching === SNAP ? this.staged : this.components).push({ path: file.path, blob, assertion });
    this.promise.keep(file.path, blob.sizeBytes, blob.digest);
  }

  private async verify(): Promise<BatchResult> {
    return (this.verifiedSoFar ??= await this.trust.verify(this.batch));
  }

  private refuseUnverified(): void {
    if (this.verifiedSoFar) this.batch.refuseUnresolved(this.verifiedSoFar);
  }

  private addAssertions(path: string, bytes: Buffer): void {
    this.verifiedSoFar = undefined;
    try {
      for (const assertion of eachAssertionOf(bytes))
        if (this.batch.add(assertion)) this.budget.hold(assertionCost(assertion));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError(error.code, `${path}: ${error.message}`, { cause: error });
    }
  }

  private async addDocument(path: string, bytes: Buffer): Promise<void> {
    const document = parseJson(path, bytes);
    const channelMap = parseChannelMap(path, document);
    const metadata = parseMetadata(document);
    if (channelMap) {
      this.budget.hold(valueCost(channelMap));
      this.channelMaps.push(channelMap);
    }
    if (!metadata) return;
    // Only our own bundles list pictures of theirs.
    const media = this.promise.manifest && parseBundledMedia(path, document);
    this.budget.hold(valueCost(metadata) + valueCost(media));
    this.metadata.push({ ...metadata, ...(media && { media }) });
    if (!media || media.length === 0) return;
    await this.checkDeclared(path, metadata);
    this.media.expect(media);
  }

  /** Nobody signs pictures: they take up room only beside a snap that somebody does sign. */
  private async checkDeclared(path: string, { snapId }: BundledMetadata): Promise<void> {
    const { believed } = await this.verify();
    const isOfIt = ({ type, primaryKey }: Assertion) =>
      type.name === 'snap-declaration' && primaryKey[1] === snapId;
    if (!believed.some(isOfIt))
      throw new StoreError(
        'invalid-bundle',
        `${path} lists pictures, and no verified snap-declaration of its snap comes before it`,
      );
  }

  private async readPromised(file: ArchiveFile, limitBytes: number): Promise<Buffer> {
    const bytes = await readSmall(file, limitBytes);
    this.budget.read(bytes.length);
    if (this.promise.manifest)
      this.promise.keep(file.path, bytes.length, createHash('sha3-384').update(bytes).digest());
    return bytes;
  }

  private async ignore(file: ArchiveFile): Promise<void> {
    if (this.promise.manifest) throw new StoreError('invalid-bundle', `${file.path} is not in its manifest`);
    this.passOver(file);
  }

  private passOver(file: ArchiveFile): void {
    this.ignoredBytes += file.sizeBytes;
    if (this.ignoredBytes > MAX_IGNORED_BYTES)
      throw new StoreError(
        'too-large',
        `it holds more than ${MAX_IGNORED_BYTES} bytes that are neither snaps, components, assertions nor JSON`,
      );
  }

  private describe(candidates: readonly Assertion[], { revisionHeader }: Vouching): string {
    const [only, second] = candidates;
    if (!only || second) return '';
    const snapId = headerText(only, 'snap-id');
    const declaration = [...this.assertions()].find(
      (assertion) => assertion.type.name === 'snap-declaration' && assertion.primaryKey[1] === snapId,
    );
    const component = headerText(only, 'resource-name');
    const name = declaration ? headerText(declaration, 'snap-name') : snapId;
    return `snap ${name} ${component && `component ${component} `}revision ${headerText(only, revisionHeader)}: `;
  }
}

function vouchingFor({ path }: ArchiveFile): Vouching | undefined {
  return [SNAP, COMPONENT].find(({ isName }) => isName.test(path));
}

/** The trusted assertions that are about a file of this size. */
function candidatesOf(
  { sizeBytes }: ArchiveFile,
  { typeName, sizeHeader }: Vouching,
  { believed }: BatchResult,
): Assertion[] {
  return believed.filter(
    (one) => one.type.name === typeName && Number(headerText(one, sizeHeader)) === sizeBytes,
  );
}
