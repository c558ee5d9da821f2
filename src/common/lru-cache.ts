interface Entry<V> {
  readonly value: V;
  /** Asked for since it was last looked at for dropping. */
  used: boolean;
}

/**
 * Values that were used lately, up to a count. A used one gets a second chance when room is made, so
 * that asking costs no reordering. Not a library's: it must tell a reader whether the cache was
 * cleared while a value was being read (`generation`), or a stale value could be kept.
 */
export class LruCache<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private clearings = 0;

  /** @param capacity - number of values kept */
  constructor(private readonly capacity: number) {}

  /** Changes whenever something was dropped because it may be out of date. */
  get generation(): number {
    return this.clearings;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    entry.used = true;
    return entry.value;
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, { value, used: false });
    if (this.entries.size > this.capacity) this.makeRoom(key);
  }

  /** Drops one value that is out of date. */
  delete(key: string): void {
    this.clearings += 1;
    this.entries.delete(key);
  }

  clear(): void {
    this.clearings += 1;
    this.entries.clear();
  }

  /** Drops the oldest value that was not used; those that were go to the end of the line, once. The one just added stays. */
  private makeRoom(added: string): void {
    for (const [key, entry] of this.entries) {
      if (key === added) continue;
      this.entries.delete(key);
      if (!entry.used) return;
      entry.used = false;
      this.entries.set(key, entry);
    }
  }
}
