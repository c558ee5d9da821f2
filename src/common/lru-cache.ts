/**
 * The most recently used values, up to a count. Not a library's: it must tell a reader whether the
 * cache was cleared while a value was being read (`generation`), or a stale value could be kept.
 */
export class LruCache<V> {
  private readonly entries = new Map<string, V>();
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
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.capacity) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
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
}
