interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  /** Asked for since it was last looked at for dropping. */
  used: boolean;
}

/** What values take of memory, and how much all of them may. */
export interface CacheBudget<V> {
  readonly bytes: number;
  /** What a value takes, in bytes, without its key. */
  readonly sizeOf: (value: V) => number;
}

/** What an entry takes besides its value: the key as V8 keeps it, and a place in a map. */
const ENTRY_BYTES = 100;

/**
 * Values that were used lately, up to a count and, where a budget is given, up to so many bytes. A used one gets a second chance when room is made, so
 * that asking costs no reordering. Not a library's: it must tell a reader whether the cache was
 * cleared while a value was being read (`generation`), or a stale value could be kept.
 */
export class LruCache<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private clearings = 0;
  private taken = 0;

  /**
   * @param capacity - number of values kept
   * @param budget - for values whose size somebody else decides
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

  /** What is kept, in bytes; 0 without a budget. */
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
    // A value above the budget would push all others out and still not fit.
    if (this.budget && bytes > this.budget.bytes) return;
    this.entries.set(key, { value, bytes, used: false });
    this.taken += bytes;
    while (this.entries.size > this.capacity || (this.budget && this.taken > this.budget.bytes))
      this.makeRoom(key);
  }

  /** Drops one value that is out of date. */
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

  /** Drops the oldest value that was not used; those that were go to the end of the line, once. The one just added stays. */
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
