import { Injectable } from '@nestjs/common';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { ANY_ARCHITECTURE, releasesFor, type ChannelMap } from '../channels/channel-map.js';
import { someOf, type ImportReport, type SnapNeed } from './import-report.js';

/** A snap that others need and that this store does not offer for an architecture. */
export interface MissingSnap {
  readonly name: string;
  readonly architecture: string;
  readonly neededBy: readonly string[];
}

/** Finds the bases, snapd and content providers of pushed snaps that the store does not offer. */
@Injectable()
export class MissingSnapsService {
  constructor(private readonly holdings: HoldingsService) {}

  /**
   * Finds the snaps that pushed snaps need and that are missing.
   *
   * @param reports - the reports of all files of a command, since one file may contain the snap that another needs.
   *   Snaps that a dry run would add count as present
   * @returns each missing snap once for each architecture, sorted by name
   */
  async of(reports: readonly ImportReport[]): Promise<MissingSnap[]> {
    const pushed = reports.flatMap(({ snaps }) => snaps);
    const needed = new Set(pushed.flatMap(({ needs }) => needs.map(({ name }) => name)));
    if (needed.size === 0) return [];
    const records = await this.holdings.findByNames([...needed]);
    const maps = new Map(records.map(({ name, channelMap }) => [name, channelMap]));
    const coming = new Set(
      reports.filter(({ isDryRun }) => isDryRun).flatMap(({ snaps }) => snaps.map(({ name }) => name)),
    );
    const missing = new Map<string, { name: string; architecture: string; neededBy: Set<string> }>();
    for (const { name: by, needs } of pushed)
      for (const { name, architecture } of needs.flatMap(eachArchitecture)) {
        if (coming.has(name) || isOffered(maps.get(name) ?? [], architecture)) continue;
        const key = `${name} ${architecture}`;
        const one = missing.get(key) ?? { name, architecture, neededBy: new Set() };
        missing.set(key, { ...one, neededBy: one.neededBy.add(by) });
      }
    return [...missing.values()]
      .map(({ neededBy, ...rest }) => ({ ...rest, neededBy: [...neededBy].toSorted() }))
      .toSorted((a, b) => (`${a.name} ${a.architecture}` < `${b.name} ${b.architecture}` ? -1 : 1));
  }
}

function eachArchitecture({ name, architectures }: SnapNeed): { name: string; architecture: string }[] {
  return architectures.map((architecture) => ({ name, architecture }));
}

/** A snap for all architectures needs its base on any architecture, since the devices are not known. */
function isOffered(map: ChannelMap, architecture: string): boolean {
  if (architecture === ANY_ARCHITECTURE) return map.some(({ revision }) => revision !== null);
  return releasesFor(map, architecture).length > 0;
}

/** `warning: this store has no core22 for amd64; jq needs it: ...`, one line for each missing snap. */
export function missingSnapLines(missing: readonly MissingSnap[]): string[] {
  const names = [...new Set(missing.map(({ name }) => name))];
  return names.map((name) => {
    const those = missing.filter((one) => one.name === name);
    const architectures = those
      .map(({ architecture }) => architecture)
      .filter((architecture) => architecture !== ANY_ARCHITECTURE);
    const by = [...new Set(those.flatMap(({ neededBy }) => neededBy))].toSorted();
    const where = architectures.length === 0 ? '' : ` for ${someOf(architectures)}`;
    return `warning: this store has no ${name}${where}, which ${someOf(by)} ${by.length === 1 ? 'needs' : 'need'}: push it too; otherwise devices without it cannot install ${by.length === 1 ? 'that snap' : 'those snaps'}`;
  });
}
