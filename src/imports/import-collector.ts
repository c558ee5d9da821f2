import { basename } from 'node:path';
import type { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import type { BatchResult } from '../assertions/trust/batch.js';
import type { BlobStoreService, StagedBlob } from '../blobs/blob-store.service.js';
import type { BundledChannelMap } from '../bundles/format/channel-map.js';
import type { BundledMetadata } from '../bundles/format/metadata.js';
import type { BundleDocument, BundleItem } from '../bundles/reading/bundle-reader.js';
import type { ImportBudget } from '../bundles/reading/import-budget.js';
import { SNAP, type SignedFile, type SignedFileKind } from '../bundles/reading/signed-file.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import type { AssertionPool } from './assertion-pool.js';
import { CollectedAssertions, isDeclarationOf } from './collected-assertions.js';
import { CollectedPictures } from './collected-pictures.js';

/** A file that was written to disk and matches a verified assertion. */
export interface StagedFile {
  readonly blob: StagedBlob;
  /** A snap-revision, or for a component a snap-resource-revision. */
  readonly assertion: Assertion;
}

/** A verified assertion for a file of the right size. */
interface Candidate {
  readonly kind: SignedFileKind;
  readonly assertion: Assertion;
}

/** The verified assertions for a file of this size; those of the more likely kind come first. */
function candidatesOf({ sizeBytes, kinds }: SignedFile, { believed }: BatchResult): Candidate[] {
  return kinds.flatMap((kind) =>
    believed
      .filter(
        (one) =>
          one.type.name === kind.assertionType && Number(headerText(one, kind.sizeHeader)) === sizeBytes,
      )
      .map((assertion) => ({ kind, assertion })),
  );
}

/**
 * Collects one push, item by item: verifies assertions, writes their files to disk, and notes the files that come before
 * their assertions for a second reading. Nothing is visible or in the database yet.
 */
export class ImportCollector {
  readonly snaps: StagedFile[] = [];
  readonly components: StagedFile[] = [];
  readonly channelMaps: BundledChannelMap[] = [];
  readonly metadata: BundledMetadata[] = [];
  readonly assertions: CollectedAssertions;
  readonly pictures: CollectedPictures;
  /** Paths of the files that came before their assertions. */
  private readonly waiting = new Set<string>();

  /**
   * @param budget - the budget of the whole import
   * @param pool - assertions of other files, used if an assertion here needs them
   */
  constructor(
    trust: AssertionsService,
    private readonly blobs: BlobStoreService,
    budget: ImportBudget,
    pool?: AssertionPool,
  ) {
    this.assertions = new CollectedAssertions(trust, budget, pool);
    this.pictures = new CollectedPictures(blobs);
  }

  /** The files of snaps and components. */
  get files(): StagedFile[] {
    return [...this.snaps, ...this.components];
  }

  /** Whether files came before their assertions, so that a second reading is needed. */
  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  isWaitingFor(path: string): boolean {
    return this.waiting.has(path);
  }

  /**
   * Collects one item. A snap or component is collected only if an earlier assertion may match it.
   *
   * @throws StoreError for an invalid item, and `storage-failed` if writing to the disk fails
   */
  async take(item: BundleItem): Promise<void> {
    switch (item.type) {
      case 'signed-file':
        return await this.takeFile(item, false);
      case 'assertions':
        return this.assertions.add(item);
      case 'document':
        return await this.takeDocument(item);
      case 'picture':
        return await this.pictures.take(item);
    }
  }

  /**
   * Collects a file that waited, after all assertions were read.
   *
   * @throws StoreError `invalid-bundle` if no assertion matches it
   */
  async takeWaiting(file: SignedFile): Promise<void> {
    if (this.waiting.delete(file.path)) await this.takeFile(file, true);
  }

  /** Removes the files that were written to disk but not placed in the store. */
  async discard(): Promise<void> {
    for (const { blob } of this.files) await this.blobs.discard(blob);
    await this.pictures.discard();
  }

  /** @param isLast - whether all assertions were read */
  private async takeFile(file: SignedFile, isLast: boolean): Promise<void> {
    const candidates = candidatesOf(file, await this.assertions.verify());
    if (candidates.length === 0) {
      if (isLast) throw this.withoutAssertion(file);
      this.waiting.add(file.path);
      return;
    }
    const blob = await this.blobs.stage(file.content, file.sizeBytes);
    const digest = digestToBase64url(blob.digest);
    const found = candidates.find(
      ({ kind, assertion }) => headerText(assertion, kind.digestHeader) === digest,
    );
    if (!found) {
      await this.blobs.discard(blob);
      if (isLast) throw this.otherDigest(file, candidates);
      // The assertion was for another file of the same size; the right one may follow.
      this.waiting.add(file.path);
      return;
    }
    const { kind, assertion } = found;
    (kind === SNAP ? this.snaps : this.components).push({ blob, assertion });
    file.confirm(blob);
  }

  private async takeDocument({ path, channelMap, metadata }: BundleDocument): Promise<void> {
    if (channelMap) this.channelMaps.push(channelMap);
    if (!metadata) return;
    this.metadata.push(metadata);
    if (metadata.media && metadata.media.length > 0) await this.checkDeclared(path, metadata);
  }

  /** Pictures are not signed, so they are accepted only together with a signed snap. */
  private async checkDeclared(path: string, { snapId }: BundledMetadata): Promise<void> {
    const { believed } = await this.assertions.verify();
    if (!believed.some((one) => isDeclarationOf(one, snapId)))
      throw new StoreError(
        'invalid-bundle',
        `${path} lists pictures, but no verified snap-declaration of its snap comes before it`,
      );
  }

  /** If an assertion lacks a prerequisite, that is reported first. */
  private withoutAssertion({ path, sizeBytes, kinds: [first] }: SignedFile): StoreError {
    this.assertions.refuseUnresolved();
    return new StoreError(
      'invalid-bundle',
      `${path} has ${sizeBytes} bytes, but no verified ${first?.assertionType ?? ''} assertion is for a file of that size`,
    );
  }

  private otherDigest({ path, kinds: [first] }: SignedFile, candidates: readonly Candidate[]): StoreError {
    const shown = this.describe(candidates.filter(({ kind }) => kind === first));
    return new StoreError(
      'invalid-bundle',
      `${shown}${basename(path)} is not the file of its ${first?.assertionType ?? ''} assertion: the digest differs`,
    );
  }

  private describe(candidates: readonly Candidate[]): string {
    const [only, second] = candidates;
    if (!only || second) return '';
    const { assertion, kind } = only;
    const snapId = headerText(assertion, 'snap-id');
    const declaration = this.assertions.declarationOf(snapId);
    const component = headerText(assertion, 'resource-name');
    const name = declaration ? headerText(declaration, 'snap-name') : snapId;
    return `snap ${name} ${component && `component ${component} `}revision ${headerText(assertion, kind.revisionHeader)}: `;
  }
}
