import { MAX_ABSENT_BYTES, MAX_SNAPS_BYTES } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import { isInTime, type CatalogueSnap } from './catalogue-snap.js';
import { revisionKey, type RevisionRef } from './revision-ref.js';
import type { SnapRevision } from './snap.js';

/** Most snaps in memory. One takes about ten kilobytes, mostly outside the heap. */
const CACHED_SNAPS = 10_000;

/** Most snaps that are read in advance, so that requested ones have space without evicting others. */
const ROOMY_SHARE = 0.9;

/** Most revisions in memory in addition to the released ones: those requested by number. */
const CACHED_REVISIONS = 2_000;

/** Most ids and names in memory that were requested and do not exist. */
const CACHED_ABSENT = 50_000;

/**
 * The catalogue in a server's memory, with the ids and names that were requested and do not exist. Each part is
 * limited, and forged ids evict only other forged ids.
 */
export class CatalogueMemory {
  private readonly byId = new LruCache<CatalogueSnap>(CACHED_SNAPS, {
    bytes: MAX_SNAPS_BYTES,
    sizeOf: ({ sizeBytes }) => sizeBytes,
  });
  private readonly idByName = new LruCache<string>(CACHED_SNAPS);
  private readonly absent = new LruCache<true>(CACHED_ABSENT, { bytes: MAX_ABSENT_BYTES, sizeOf: () => 0 });
  private readonly revisions = new LruCache<SnapRevision>(CACHED_REVISIONS, {
    bytes: MAX_SNAPS_BYTES / 8,
    sizeOf: ({ snapYaml }) => 2 * snapYaml.length,
  });
  private readonly absentRevisions = new LruCache<true>(CACHED_ABSENT, {
    bytes: MAX_ABSENT_BYTES,
    sizeOf: () => 0,
  });
  private changes = 0;

  /** Changes when something is dropped because it may be out of date. */
  get generation(): number {
    return this.changes;
  }

  /** A snap in memory, unless one of its overrides or branches has expired meanwhile. */
  findById(snapId: string): CatalogueSnap | undefined {
    const entry = this.byId.get(snapId);
    if (!entry || isInTime(entry)) return entry;
    this.byId.delete(snapId);
    return undefined;
  }

  findByName(name: string): CatalogueSnap | undefined {
    const snapId = this.idByName.get(name);
    const entry = snapId === undefined ? undefined : this.findById(snapId);
    // Its name may have changed.
    return entry?.name === name ? entry : undefined;
  }

  /** Whether no snap has this id. */
  hasNoId(snapId: string): boolean {
    return this.absent.get(`id ${snapId}`) === true;
  }

  /** Whether no snap has this name. */
  hasNoName(name: string): boolean {
    return this.absent.get(`name ${name}`) === true;
  }

  /** Whether another snap fits without evicting one. */
  get hasRoom(): boolean {
    return this.byId.size < CACHED_SNAPS && this.byId.bytes < ROOMY_SHARE * MAX_SNAPS_BYTES;
  }

  keep(entries: readonly CatalogueSnap[]): void {
    for (const entry of entries) {
      this.byId.set(entry.snapId, entry);
      this.idByName.set(entry.name, entry.snapId);
    }
  }

  keepAbsent(snapIds: Iterable<string>, names: Iterable<string>): void {
    for (const snapId of snapIds) this.absent.set(`id ${snapId}`, true);
    for (const name of names) this.absent.set(`name ${name}`, true);
  }

  /** @returns `absent` if it is known not to exist */
  findRevision(ref: RevisionRef): SnapRevision | 'absent' | undefined {
    const key = revisionKey(ref);
    const entry = this.byId.get(ref.snapId);
    return (
      (entry?.mentions(ref.revision) ? entry.released.get(ref.revision) : this.revisions.get(key)) ??
      (this.absentRevisions.get(key) && 'absent')
    );
  }

  keepRevision(ref: RevisionRef, found: SnapRevision | undefined): void {
    if (found) this.revisions.set(revisionKey(ref), found);
    else this.absentRevisions.set(revisionKey(ref), true);
  }

  /** Drops a snap, and all absent ids and names, because the change may have added them. */
  forget(snapId: string): void {
    this.changes += 1;
    this.byId.delete(snapId);
    for (const cache of [this.absent, this.revisions, this.absentRevisions]) cache.clear();
  }

  clear(): void {
    this.changes += 1;
    for (const cache of [this.byId, this.idByName, this.absent, this.revisions, this.absentRevisions])
      cache.clear();
  }
}
