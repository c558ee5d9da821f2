import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { decodeStream } from '../assertions/format/stream.js';
import { AssertionBatch, type BatchResult } from '../assertions/trust/batch.js';
import type { BlobStore, StagedBlob } from '../blobs/blob-store.js';
import { MAX_BUNDLE_JSON_BYTES, parseJson } from '../bundles/format/bundle-json.js';
import { parseChannelMap, type BundledChannelMap } from '../bundles/format/channel-map.js';
import { parseMetadata, type BundledMetadata } from '../bundles/format/metadata.js';
import type { ArchiveFile } from '../bundles/tar-entries.js';
import { digestToBase64url } from '../common/digest.js';
import { StoreError } from '../common/errors.js';
import type { BundlePromise } from './bundle-promise.js';
import { MAX_ASSERTION_FILE_BYTES } from './import-input.js';
import { readSmall } from './read-small.js';

/** All files of an archive that are neither snaps, assertions nor JSON may have this many bytes together. */
export const MAX_IGNORED_BYTES = 256 << 20;

const SNAP_NAME = /\.snap$/;
const ASSERTION_NAME = /\.(?:assert|assertion|assertions)$/;
const JSON_NAME = /\.json$/;

/** A snap file that was written to disk and equals a verified snap-revision. */
export interface StagedSnap {
  readonly path: string;
  readonly blob: StagedBlob;
  readonly snapRevision: Assertion;
}

function headerText(assertion: Assertion, name: string): string {
  const value = assertion.headers[name];
  return typeof value === 'string' ? value : '';
}

/** What one pushed file has brought so far. Nothing of it is visible, or in the database, yet. */
export class PendingImport {
  readonly staged: StagedSnap[] = [];
  readonly channelMaps: BundledChannelMap[] = [];
  readonly metadata: BundledMetadata[] = [];
  /** Snap files that came before their assertions; they need a second reading. */
  readonly postponed = new Set<string>();
  /** All that were read, in order; once `finish` has returned, all of them are believed. */
  readonly assertions: Assertion[] = [];
  private readonly batch = new AssertionBatch();
  private verifiedSoFar: BatchResult | undefined;
  private ignoredBytes = 0;

  constructor(
    private readonly trust: AssertionsService,
    private readonly blobs: BlobStore,
    readonly promise: BundlePromise,
    readonly kind: 'pair' | 'archive',
  ) {}

  /** Takes in one file; a snap only if an assertion that came before it may be about it. */
  async take(file: ArchiveFile): Promise<void> {
    if (await this.promise.take(file)) return;
    if (SNAP_NAME.test(file.path)) await this.takeSnap(file, false);
    else if (ASSERTION_NAME.test(file.path))
      this.addAssertions(file.path, await this.readPromised(file, MAX_ASSERTION_FILE_BYTES));
    else if (JSON_NAME.test(file.path))
      this.addDocument(file.path, await this.readPromised(file, MAX_BUNDLE_JSON_BYTES));
    else await this.ignore(file);
  }

  /** Takes in a snap whose assertions have all been read by now. */
  async takePostponed(file: ArchiveFile): Promise<void> {
    if (!this.postponed.delete(file.path)) return;
    if (this.candidatesOf(file, await this.verify()).length === 0) {
      this.refuseUnverified();
      throw new StoreError(
        'invalid-bundle',
        `${file.path} has ${file.sizeBytes} bytes, and no verified snap-revision assertion is about a file of that size`,
      );
    }
    await this.takeSnap(file, true);
  }

  /** Checks what can only be checked once everything was read. @param needsSnap - refuse it without any snap */
  async finish(needsSnap = true): Promise<BatchResult> {
    const result = await this.verify();
    this.batch.refuseUnresolved(result);
    const { manifest } = this.promise;
    if (needsSnap && this.staged.length === 0 && (manifest?.leftOut ?? []).length === 0)
      throw new StoreError('invalid-bundle', 'it holds no snap');
    this.promise.finish();
    return result;
  }

  async discard(): Promise<void> {
    for (const { blob } of this.staged) await this.blobs.discard(blob);
  }

  /** @param isLast - no assertion that is still to come can be about it */
  private async takeSnap(file: ArchiveFile, isLast: boolean): Promise<void> {
    const candidates = this.candidatesOf(file, await this.verify());
    if (candidates.length === 0) {
      this.postponed.add(file.path);
      return;
    }
    const blob = await this.blobs.stage(file.content, file.sizeBytes);
    const digest = digestToBase64url(blob.digest);
    const snapRevision = candidates.find((candidate) => candidate.primaryKey[0] === digest);
    if (!snapRevision) {
      await this.blobs.discard(blob);
      if (!isLast) {
        // Another snap's assertion was about a file of the same size; this one's may follow.
        this.postponed.add(file.path);
        return;
      }
      throw new StoreError(
        'invalid-bundle',
        `${this.describe(candidates)}${basename(file.path)} is not the file that its snap-revision assertion is about: its digest differs`,
      );
    }
    this.staged.push({ path: file.path, blob, snapRevision });
    this.promise.keep(file.path, blob.sizeBytes, blob.digest);
  }

  /** The trusted snap-revisions that are about a file of this size. */
  private candidatesOf(file: ArchiveFile, { believed }: BatchResult): Assertion[] {
    return believed.filter(
      (assertion) =>
        assertion.type.name === 'snap-revision' &&
        Number(headerText(assertion, 'snap-size')) === file.sizeBytes,
    );
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
      for (const assertion of decodeStream(bytes)) {
        this.batch.add(assertion);
        this.assertions.push(assertion);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError(error.code, `${path}: ${error.message}`, { cause: error });
    }
  }

  private addDocument(path: string, bytes: Buffer): void {
    const document = parseJson(path, bytes);
    const channelMap = parseChannelMap(path, document);
    const metadata = parseMetadata(document);
    if (channelMap) this.channelMaps.push(channelMap);
    if (metadata) this.metadata.push(metadata);
  }

  private async readPromised(file: ArchiveFile, limitBytes: number): Promise<Buffer> {
    const bytes = await readSmall(file, limitBytes);
    if (this.promise.manifest)
      this.promise.keep(file.path, bytes.length, createHash('sha3-384').update(bytes).digest());
    return bytes;
  }

  private async ignore(file: ArchiveFile): Promise<void> {
    if (this.promise.manifest) throw new StoreError('invalid-bundle', `${file.path} is not in its manifest`);
    this.ignoredBytes += file.sizeBytes;
    if (this.ignoredBytes > MAX_IGNORED_BYTES)
      throw new StoreError(
        'too-large',
        `it holds more than ${MAX_IGNORED_BYTES} bytes that are neither snaps, assertions nor JSON`,
      );
  }

  private describe(candidates: readonly Assertion[]): string {
    const [only, second] = candidates;
    if (!only || second) return '';
    const snapId = headerText(only, 'snap-id');
    const declaration = this.assertions.find(
      (assertion) => assertion.type.name === 'snap-declaration' && assertion.primaryKey[1] === snapId,
    );
    return `snap ${declaration ? headerText(declaration, 'snap-name') : snapId} revision ${headerText(only, 'snap-revision')}: `;
  }
}
