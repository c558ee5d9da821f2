import type { BundleFacts } from './import-report.js';
import type { SnapImport } from './snap-import.js';

/** The snaps of a bundle that were in a newer bundle before. */
export function newerSeen(
  newer: readonly { readonly snapId: string; readonly createdAt: Date }[],
  snaps: readonly SnapImport[],
): BundleFacts['newerSeen'] {
  if (newer.length === 0) return undefined;
  const newest = Math.max(...newer.map(({ createdAt }) => createdAt.getTime()));
  const names = snaps
    .filter(({ snapId }) => newer.some((one) => one.snapId === snapId))
    .map(({ name }) => name);
  return { createdAt: new Date(newest), snaps: names.toSorted() };
}
