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

/** A file that was written to disk and equals what a believed assertion says of it. */
export interface StagedFile {
  readonly blob: StagedBlob;
  /** A snap-revision, or for a component a snap-resource-revision. */
  readonly assertion: Assertion;
}

/** A believed assertion that is about a file of the right size. */
interface Candidate {
  readonly kind: SignedFileKind;
  readonly assertion: Assertion;
}

/** The believed assertions that are about a file of this size, those of the likelier kind first. */
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
 * Collects what one push brings, item by item: verifies assertions, writes to disk what they are about, and keeps what
 * waits for its assertions for a second reading. Nothing of it is visible, or in the database, yet.
 */
export class ImportCollector {
  readonly snaps: StagedFile[] = [];
  readonly components: StagedFile[] = [];
  readonly channelMaps: BundledChannelMap[] = [];
  readonly metadata: BundledMetadata[] = [];
  readonly assertions: CollectedAssertions;
  /** The pictures of listings. */
  readonly pictures: CollectedPictures;
  /** Paths of the files that came before their assertions. */
  private readonly waiting = new Set<string>();

  /**
   * @param budget - of the whole import
   * @param pool - assertions of other files, which are taken where something here needs them
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

  /** Of snaps and components. */
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
   * Takes in one item; a snap or component only if an assertion that came before it may be about it.
   *
   * @throws StoreError for what cannot be believed, and `storage-failed` where the disk refuses
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
   * Takes in a file that waited, now that all assertions have been read.
   *
   * @throws StoreError `invalid-bundle` where none of them is about it
   */
  async takeWaiting(file: SignedFile): Promise<void> {
    if (this.waiting.delete(file.path)) await this.takeFile(file, true);
  }

  /** Takes away what was written to disk and got no name in the store. */
  async discard(): Promise<void> {
    for (const { blob } of this.files) await this.blobs.discard(blob);
    await this.pictures.discard();
  }

  /** @param isLast - no assertion that is still to come can be about it */
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
      // Another file's assertion was about one of the same size; this one's may follow.
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

  /** Nobody signs pictures: they take up room only beside a snap that somebody does sign. */
  private async checkDeclared(path: string, { snapId }: BundledMetadata): Promise<void> {
    const { believed } = await this.assertions.verify();
    if (!believed.some((one) => isDeclarationOf(one, snapId)))
      throw new StoreError(
        'invalid-bundle',
        `${path} lists pictures, and no verified snap-declaration of its snap comes before it`,
      );
  }

  /** What an assertion lacks comes before that there is none. */
  private withoutAssertion({ path, sizeBytes, kinds: [first] }: SignedFile): StoreError {
    this.assertions.refuseUnresolved();
    return new StoreError(
      'invalid-bundle',
      `${path} has ${sizeBytes} bytes, and no verified ${first?.assertionType ?? ''} assertion is about a file of that size`,
    );
  }

  private otherDigest({ path, kinds: [first] }: SignedFile, candidates: readonly Candidate[]): StoreError {
    const shown = this.describe(candidates.filter(({ kind }) => kind === first));
    return new StoreError(
      'invalid-bundle',
      `${shown}${basename(path)} is not the file that its ${first?.assertionType ?? ''} assertion is about: its digest differs`,
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
