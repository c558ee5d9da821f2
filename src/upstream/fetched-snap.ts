import type { Assertion } from '../assertions/format/assertion.js';
import { referenceOf } from '../assertions/trust/reference.js';
import type { BundleRevision, BundleSnap } from '../bundles/format/bundle-documents.js';
import type { JsonFields } from '../bundles/format/bundle-json.js';
import { parseChannelMap, type BundledRelease } from '../bundles/format/channel-map.js';
import { formatChannel } from '../snaps/channel/channel.js';

/** All that was fetched of one snap so far: it grows with each revision, architecture and channel. */
export class FetchedSnap {
  private readonly assertions = new Map<string, Assertion>();
  private readonly revisions = new Map<number, BundleRevision>();
  private readonly releases = new Map<string, BundledRelease>();
  private readonly infos: JsonFields[] = [];

  constructor(
    readonly name: string,
    readonly snapId: string,
  ) {}

  has(revision: number): boolean {
    return this.revisions.has(revision);
  }

  addInfo(info: JsonFields): void {
    this.infos.push(info);
  }

  addRevision(revision: BundleRevision, chain: readonly Assertion[]): void {
    this.revisions.set(revision.revision, revision);
    for (const assertion of chain) this.assertions.set(referenceOf(assertion), assertion);
  }

  /** @param release - where it does not say when it was made, the `info` answer may */
  addRelease(release: BundledRelease): void {
    const key = `${release.architecture} ${formatChannel(release.channel)}`;
    this.releases.set(key, { ...release, releasedAt: release.releasedAt ?? this.releasedAt(release) });
  }

  /** How many bytes of files were left out. */
  leftOutBytes(): number {
    return [...this.revisions.values()]
      .filter(({ file }) => file === undefined)
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  toBundle(): BundleSnap {
    const [info] = this.infos;
    return {
      name: this.name,
      snapId: this.snapId,
      assertions: [...this.assertions.values()],
      metadata: info && { snap: info['snap'], 'default-track': info['default-track'] ?? null },
      releases: [...this.releases.values()],
      revisions: [...this.revisions.values()].toSorted((a, b) => a.revision - b.revision),
    };
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
