import type { Assertion } from '../assertions/format/assertion.js';
import { referenceOf } from '../assertions/trust/reference.js';
import type {
  BundleComponent,
  BundleMedium,
  BundleRevision,
  BundleSnap,
} from '../bundles/format/bundle-documents.js';
import { parseChannelMap, type BundledRelease } from '../bundles/format/channel-map.js';
import { formatChannel } from '../channels/channel.js';
import { type JsonFields } from '../common/domain/json.js';

/** Everything that was fetched of one snap: it grows with each revision, architecture and channel. */
export class FetchedSnap {
  private readonly assertions = new Map<string, Assertion>();
  private readonly revisions = new Map<number, BundleRevision>();
  private readonly components = new Map<string, BundleComponent>();
  private readonly releases = new Map<string, BundledRelease>();
  private readonly infos: JsonFields[] = [];

  constructor(
    readonly name: string,
    readonly snapId: string,
  ) {}

  has(revision: number): boolean {
    return this.revisions.has(revision);
  }

  /** The first `info` answer of the upstream store. */
  get info(): JsonFields | undefined {
    return this.infos[0];
  }

  addInfo(info: JsonFields): void {
    this.infos.push(info);
  }

  addRevision(revision: BundleRevision, chain: readonly Assertion[]): void {
    this.revisions.set(revision.revision, revision);
    this.addAssertions(chain);
  }

  hasComponent(name: string, revision: number): boolean {
    return this.components.has(`${name}_${revision}`);
  }

  /** @param chain - for a component that was fetched before: its assertions for another revision of the snap */
  addComponent(component: BundleComponent | undefined, chain: readonly Assertion[]): void {
    if (component) this.components.set(`${component.name}_${component.revision}`, component);
    this.addAssertions(chain);
  }

  /** @param release - if it has no date, the date of the `info` answer is used */
  addRelease(release: BundledRelease): void {
    const key = `${release.architecture} ${formatChannel(release.channel)}`;
    this.releases.set(key, { ...release, releasedAt: release.releasedAt ?? this.releasedAt(release) });
  }

  /** Returns the size of the files that were left out, in bytes. */
  leftOutBytes(): number {
    return [...this.revisions.values(), ...this.components.values()]
      .filter(({ file }) => file === undefined)
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** @param media - the pictures of its listing; undefined if the bundle must not name any */
  toBundle(media: readonly BundleMedium[] | undefined): BundleSnap {
    const { info } = this;
    return {
      name: this.name,
      snapId: this.snapId,
      assertions: [...this.assertions.values()],
      metadata: info && { snap: info['snap'], 'default-track': info['default-track'] ?? null },
      media,
      releases: [...this.releases.values()],
      revisions: [...this.revisions.values()].toSorted((a, b) => a.revision - b.revision),
      components: [...this.components.values()].toSorted((a, b) =>
        a.name < b.name ? -1 : a.name > b.name ? 1 : a.revision - b.revision,
      ),
    };
  }

  private addAssertions(chain: readonly Assertion[]): void {
    for (const assertion of chain) this.assertions.set(referenceOf(assertion), assertion);
  }

  private releasedAt({ architecture, channel, revision }: BundledRelease): Date | undefined {
    const releases = this.infos.flatMap((info) => parseChannelMap('info', info)?.releases ?? []);
    return releases.find(
      (one) =>
        one.architecture === architecture &&
        one.revision === revision &&
        formatChannel(one.channel) === formatChannel(channel),
    )?.releasedAt;
  }
}
