import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { eachAssertionOf, MAX_ASSERTION_FILE_BYTES } from '../assertions/travelled-stream.js';
import { AssertionBatch, type BatchResult } from '../assertions/trust/batch.js';
import type { BlobStoreService, StagedBlob } from '../blobs/blob-store.service.js';
import { MAX_BUNDLE_JSON_BYTES, parseJson } from '../bundles/format/bundle-json.js';
import { isPicturePath, parseBundledMedia } from '../bundles/format/bundled-media.js';
import { parseChannelMap, type BundledChannelMap } from '../bundles/format/channel-map.js';
import { parseMetadata, type BundledMetadata } from '../bundles/format/metadata.js';
import { isAssertionStart, isSquashfsStart } from '../bundles/input-kind.js';
import type { AssertionPool } from '../bundles/reading/assertion-pool.js';
import type { BundlePromise } from '../bundles/reading/bundle-promise.js';
import { assertionCost, ImportBudget, valueCost } from '../bundles/reading/import-budget.js';
import { drain, peek } from '../bundles/reading/peeked-file.js';
import { readSmall } from '../bundles/reading/read-small.js';
import {
  candidatesOf,
  COMPONENT,
  SNAP,
  vouchingsFor,
  type Candidate,
  type Vouching,
} from '../bundles/reading/vouching.js';
import type { ArchiveFile } from '../bundles/tar-entries.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { isSideFile } from '../common/files/side-files.js';
import { PendingMedia } from './pending-media.js';

/** All files of an archive that are neither snaps, components, assertions nor JSON may have this many bytes together. */
export const MAX_IGNORED_BYTES = 256 << 20;

// Where a name says nothing, the content does.
const ASSERTION_NAME = /\.(?:assert|assertion|assertions)$/i;
const JSON_NAME = /\.json$/i;

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
  readonly postponed = new Map<string, readonly Vouching[]>();
  private readonly batch = new AssertionBatch();
  private readonly budget = new ImportBudget();
  private verifiedSoFar: BatchResult | undefined;
  private ignoredBytes = 0;

  constructor(
    private readonly trust: AssertionsService,
    private readonly blobs: BlobStoreService,
    readonly promise: BundlePromise,
    readonly kind: 'pair' | 'archive',
    /** Assertions of other files, which are taken where something here needs them. */
    private readonly pool?: AssertionPool,
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
    if (isSideFile(file.path)) return this.passOver(file);
    if (await this.promise.take(file)) return;
    const vouchings = vouchingsFor(file);
    if (vouchings.length > 0) await this.takeSigned(file, vouchings, false);
    else if (ASSERTION_NAME.test(file.path)) await this.takeAssertions(file);
    else if (JSON_NAME.test(file.path))
      await this.addDocument(file.path, await this.readPromised(file, MAX_BUNDLE_JSON_BYTES));
    else if (this.promise.manifest && isPicturePath(file.path)) await this.media.take(file);
    else await this.takeByContent(file);
  }

  /** A file whose name says nothing: only what it begins with is looked at. */
  private async takeByContent(file: ArchiveFile): Promise<void> {
    const { head, whole } = await peek(file);
    if (isSquashfsStart(head)) await this.takeSigned(whole, [SNAP, COMPONENT], false);
    else if (isAssertionStart(head)) await this.takeAssertions(whole);
    else this.ignore(file);
    await drain(whole);
  }

  /** Takes in a file whose assertions have all been read by now. */
  async takePostponed(file: ArchiveFile): Promise<void> {
    const vouchings = this.postponed.get(file.path);
    if (!vouchings || !this.postponed.delete(file.path)) return;
    if (candidatesOf(file, vouchings, await this.verify()).length === 0) {
      this.refuseUnverified();
      throw new StoreError(
        'invalid-bundle',
        `${file.path} has ${file.sizeBytes} bytes, and no verified ${vouchings[0]?.typeName ?? ''} assertion is about a file of that size`,
      );
    }
    await this.takeSigned(file, vouchings, true);
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
  private async takeSigned(
    file: ArchiveFile,
    vouchings: readonly Vouching[],
    isLast: boolean,
  ): Promise<void> {
    const candidates = candidatesOf(file, vouchings, await this.verify());
    if (candidates.length === 0) {
      this.postponed.set(file.path, vouchings);
      return;
    }
    const blob = await this.blobs.stage(file.content, file.sizeBytes);
    const digest = digestToBase64url(blob.digest);
    const found = candidates.find(
      ({ vouching, assertion }) => headerText(assertion, vouching.digestHeader) === digest,
    );
    if (!found) {
      await this.blobs.discard(blob);
      if (!isLast) {
        // Another file's assertion was about one of the same size; this one's may follow.
        this.postponed.set(file.path, vouchings);
        return;
      }
      throw new StoreError(
        'invalid-bundle',
        `${this.describe(candidates.filter(({ vouching }) => vouching === vouchings[0]))}${basename(file.path)} is not the file that its ${vouchings[0]?.typeName ?? ''} assertion is about: its digest differs`,
      );
    }
    const { vouching, assertion } = found;
    (vouching === SNAP ? this.staged : this.components).push({ path: file.path, blob, assertion });
    this.promise.keep(file.path, blob.sizeBytes, blob.digest);
  }

  private async verify(): Promise<BatchResult> {
    if (this.verifiedSoFar) return this.verifiedSoFar;
    let result = await this.trust.verify(this.batch);
    while (this.takeFromPool(result)) result = await this.trust.verify(this.batch);
    return (this.verifiedSoFar = result);
  }

  /** @returns whether others had something that is missing here */
  private takeFromPool({ unresolved }: BatchResult): boolean {
    let isNews = false;
    for (const reference of unresolved.flatMap(({ missing }) => missing)) {
      const found = this.pool?.find(reference);
      if (!found || !this.batch.add(found)) continue;
      this.budget.hold(assertionCost(found));
      isNews = true;
    }
    return isNews;
  }

  private refuseUnverified(): void {
    if (this.verifiedSoFar) this.batch.refuseUnresolved(this.verifiedSoFar);
  }

  private async takeAssertions(file: ArchiveFile): Promise<void> {
    this.addAssertions(file.path, await this.readPromised(file, MAX_ASSERTION_FILE_BYTES));
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

  private ignore(file: ArchiveFile): void {
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

  private describe(candidates: readonly Candidate[]): string {
    const [only, second] = candidates;
    if (!only || second) return '';
    const { assertion, vouching } = only;
    const snapId = headerText(assertion, 'snap-id');
    const declaration = [...this.assertions()].find(
      (one) => one.type.name === 'snap-declaration' && one.primaryKey[1] === snapId,
    );
    const component = headerText(assertion, 'resource-name');
    const name = declaration ? headerText(declaration, 'snap-name') : snapId;
    return `snap ${name} ${component && `component ${component} `}revision ${headerText(assertion, vouching.revisionHeader)}: `;
  }
}
