import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { DEFAULT_PROVENANCE } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import type { FetchTools } from './fetch-run.js';
import type { FetchedSnap } from './fetched-snap.js';
import { FileDownload } from './file-download.js';
import type { OfferedComponent, UpstreamOffer } from './refresh-answer.js';

/** The provenance of everything that the official store distributes. */

/** Fetches the components of snap revisions. */
export class ComponentFetch {
  constructor(private readonly tools: FetchTools) {}

  /**
   * Fetches the components that are offered with a revision. A file that belongs to several revisions is fetched once.
   *
   * @throws StoreError naming the component that cannot be fetched or verified
   */
  async fetch(snap: FetchedSnap, offer: UpstreamOffer, architecture: string): Promise<void> {
    for (const component of offer.components) await this.fetchOne(snap, offer, component, architecture);
  }

  private async fetchOne(
    snap: FetchedSnap,
    offer: UpstreamOffer,
    component: OfferedComponent,
    architecture: string,
  ): Promise<void> {
    const { observer, inventory, partial, client } = this.tools;
    const { name, revision, digest, sizeBytes } = component;
    const chain = await this.fetchChains(offer, component);
    if (snap.hasComponent(name, revision)) return snap.addComponent(undefined, chain);
    const shown = `${snap.name}+${name} revision ${revision}`;
    if (inventory.get(snap.snapId)?.get(`${name}_${revision}`)?.equals(digest)) {
      observer.say(`Left out ${shown}: the air-gapped store already has it`);
      return snap.addComponent({ name, revision, digest, sizeBytes, file: undefined }, chain);
    }
    observer.say(`Downloading ${shown}`);
    const file = await partial.claim(digest);
    const label = `component ${shown}`;
    await new FileDownload(client, label, component, architecture, observer.download).into(file);
    snap.addComponent({ name, revision, digest, sizeBytes, file }, chain);
  }

  /** Fetches the assertions of the file and of its pairing with the snap's revision. */
  private async fetchChains(offer: UpstreamOffer, component: OfferedComponent): Promise<Assertion[]> {
    const { name, revision, digest, sizeBytes } = component;
    const file = await this.tools.chains.fetch({
      type: 'snap-resource-revision',
      primaryKey: [offer.snapId, name, digestToBase64url(digest), DEFAULT_PROVENANCE],
    });
    const pair = await this.tools.chains.fetch({
      type: 'snap-resource-pair',
      primaryKey: [offer.snapId, name, String(revision), String(offer.revision), DEFAULT_PROVENANCE],
    });
    const signed = file.find(({ type }) => type.name === 'snap-resource-revision');
    const signedRevision = headerText(signed, 'resource-revision');
    const signedSize = headerText(signed, 'resource-size');
    if (signedRevision === String(revision) && signedSize === String(sizeBytes)) return [...file, ...pair];
    throw new StoreError(
      'upstream-failed',
      `cannot fetch component ${offer.name}+${name} revision ${revision}: its assertion does not match (revision ${signedRevision}, ${signedSize} bytes)`,
    );
  }
}
