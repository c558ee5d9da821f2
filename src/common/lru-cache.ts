interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  /** Used since the last check for dropping. */
  used: boolean;
}

/** The memory that a value uses, and the limit for all. */
export interface CacheBudget<V> {
  readonly bytes: number;
  /** The size of a value, in bytes, without its key. */
  readonly sizeOf: (value: V) => number;
}

/** The memory of an entry in addition to its value: the key in V8, and a place in a map. */
const ENTRY_BYTES = 100;

/**
 * Recently used values, limited by a count and optionally by bytes. A used value gets a second chance when room
 * is made, so that a look-up causes no reordering. Not from a library: a reader must see whether the cache was
 * cleared while a value was being read (`generation`). Otherwise a stale value could be kept.
 */
export class LruCache<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private clearings = 0;
  private taken = 0;

  /**
   * @param capacity - number of values
   * @param budget - for values whose size depends on input
   */
  constructor(
    private readonly capacity: number,
    private readonly budget?: CacheBudget<V>,
  ) {}

  /** Changes whenever something was dropped because it may be out of date. */
  get generation(): number {
    return this.clearings;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The bytes in use; 0 without a budget. */
  get bytes(): number {
    return this.taken;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    entry.used = true;
    return entry.value;
  }

  set(key: string, value: V): void {
    this.drop(key);
    const bytes = this.budget ? this.budget.sizeOf(value) + 2 * key.length + ENTRY_BYTES : 0;
    // A value above the budget would evict all others and still not fit.
    if (this.budget && bytes > this.budget.bytes) return;
    this.entries.set(key, { value, bytes, used: false });
    this.taken += bytes;
    while (this.entries.size > this.capacity || (this.budget && this.taken > this.budget.bytes))
      this.makeRoom(key);
  }

  /** Drops one stale value. */
  delete(key: string): void {
    this.clearings += 1;
    this.drop(key);
  }

  clear(): void {
    this.clearings += 1;
    this.entries.clear();
    this.taken = 0;
  }

  private drop(key: string): void {
    this.taken -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  /** Drops the oldest unused value. Used ones move to the end once. The value just added stays. */
  private makeRoom(added: string): void {
    for (const [key, entry] of this.entries) {
      if (key === added) continue;
      this.entries.delete(key);
      if (!entry.used) {
        this.taken -= entry.bytes;
        return;
      }
      entry.used = false;
      this.entries.set(key, entry);
    }
  }
}
