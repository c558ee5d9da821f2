import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import { prepareBundleFolder, writeBundle } from '../bundles/bundle-writer.js';
import type { BundleSnap } from '../bundles/format/bundle-documents.js';
import { removeFolders } from '../common/files/make-folders.js';
import { BUNDLE_PRIVATE_KEY } from '../keys/key.settings.js';
import { RetryService } from '../outgoing/retry.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { ChainFetcher } from './chain-fetcher.js';
import type { FetchRequest } from './fetch-request.js';
import { FetchRun, type FetchObserver } from './fetch-run.js';
import type { Inventory } from './inventory-file.js';
import { MediaFetch } from './media-fetch.js';
import { PartialFiles } from './partial-files.js';
import type { UpstreamClient } from './upstream-client.js';
import { UpstreamService } from './upstream.service.js';

/** The name of a bundle that holds several snaps. */
const SINGLE_FILE_NAME = 'snaps';

export interface FetchOptions {
  readonly request: FetchRequest;
  /** Whether to fetch bases, snapd and default content providers too. */
  readonly withNeeds: boolean;
  /** Whether to fetch the components of snaps too. */
  readonly withComponents: boolean;
  /** Whether to fetch the pictures of the listings too. */
  readonly withMedia: boolean;
  /** Whether to write one bundle for all snaps instead of one for each. */
  readonly singleFile: boolean;
  /** Directory for the bundles; undefined for `downloads` in the data directory. */
  readonly exportDir: string | undefined;
  /** What the air-gapped store already has. */
  readonly inventory: Inventory;
}

/** A bundle that was written. */
export interface WrittenBundle {
  readonly name: string;
  readonly path: string;
  readonly snaps: readonly BundleSnap[];
}

export interface FetchReport {
  readonly bundles: readonly WrittenBundle[];
  readonly isSigned: boolean;
  /** Size of the files that were left out, in bytes. */
  readonly savedBytes: number;
}

/** Fetches snaps from the upstream store into bundles. */
@Injectable()
export class FetchService {
  constructor(
    private readonly upstream: UpstreamService,
    private readonly assertions: AssertionsService,
    private readonly settings: SettingsService,
    private readonly unit: UnitConfigService,
    private readonly pause: RetryService,
  ) {}

  /**
   * Everything is fetched and verified before the first bundle is written. If the fetch fails, its downloads are
   * kept for the next attempt.
   *
   * @throws StoreError in one line; `conflict` in air-gapped mode
   */
  async fetch(options: FetchOptions, observer: FetchObserver): Promise<FetchReport> {
    const downloads = join(this.unit.dataDir, 'downloads');
    const partial = new PartialFiles(join(downloads, 'partial'));
    this.pause.announce = (line) => observer.warn(line);
    const client = await this.upstream.open('fetch snaps');
    const directory = options.exportDir ?? downloads;
    const made = await prepare(directory, client);
    const media = new MediaFetch(client, partial, observer);
    try {
      const roots = await this.assertions.trustedRoots();
      const chains = new ChainFetcher(async (reference) => await client.getAssertion(reference), roots);
      const { inventory, withComponents } = options;
      const run = new FetchRun({ client, chains, partial, inventory, withComponents, observer });
      await run.fetch(options.request, options.withNeeds);
      const snaps = [...run.snaps.values()];
      const bundled: BundleSnap[] = [];
      for (const snap of snaps)
        bundled.push(snap.toBundle(options.withMedia ? await media.fetch(snap.name, snap.info) : undefined));
      const report = await this.write(bundled, options, {
        source: client.base.origin,
        directory,
        observer,
      });
      return { ...report, savedBytes: snaps.reduce((sum, snap) => sum + snap.leftOutBytes(), 0) };
    } catch (error) {
      removeFolders(made);
      throw error;
    } finally {
      await media.discard();
      await partial.release();
      await client.close();
    }
  }

  private async write(
    snaps: readonly BundleSnap[],
    { singleFile }: FetchOptions,
    { source, directory, observer }: { source: string; directory: string; observer: FetchObserver },
  ): Promise<Omit<FetchReport, 'savedBytes'>> {
    const signingKey = await this.settings.find(BUNDLE_PRIVATE_KEY);
    if (!signingKey)
      observer.warn('the bundles are not signed: no bundle key is set; create one with `generate-keys`');
    const bundles: WrittenBundle[] = [];
    // All bundles have the same time, so that they can be pushed in any order.
    const createdAt = new Date();
    const groups = singleFile
      ? [{ name: SINGLE_FILE_NAME, snaps }]
      : snaps.map((snap) => ({ name: snap.name, snaps: [snap] }));
    for (const group of groups) {
      const path = await writeBundle(directory, { ...group, source, signingKey, createdAt });
      bundles.push({ ...group, path });
      observer.say(`Downloaded ${group.name} to ${path}`);
      for (const { file } of group.snaps.flatMap((snap) => [...snap.revisions, ...snap.components]))
        if (file !== undefined) await rm(file, { force: true });
    }
    return { bundles, isSigned: signingKey !== undefined };
  }
}

/** Checks that the folder is writable before hours of downloads. */
async function prepare(directory: string, client: UpstreamClient): Promise<string[]> {
  try {
    return prepareBundleFolder(directory);
  } catch (error) {
    await client.close();
    throw error;
  }
}
