/** Values of this age, in milliseconds, are read again. Until they are there, the old ones are shown. */
export const FRESH_MS = 15_000;

/** Values of this age are not shown any more. */
export const STALE_MS = 300_000;

/** Values that cost more than a scrape may: they are read beside it, and kept. */
export class KeptFigures<T> {
  private known: { readonly value: T; readonly atMs: number } | undefined;
  private reading: Promise<void> | undefined;
  private failed = false;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether the last attempt to read them succeeded. */
  get isWorking(): boolean {
    return !this.failed;
  }

  /** @returns values that are at most {@link STALE_MS} old; undefined if they cannot be read */
  async get(): Promise<T | undefined> {
    const ageMs = this.ageMs();
    if (ageMs >= FRESH_MS) this.reading ??= this.refresh().finally(() => (this.reading = undefined));
    if (ageMs >= STALE_MS) await this.reading;
    return this.ageMs() < STALE_MS ? this.known?.value : undefined;
  }

  private ageMs(): number {
    return this.known ? this.now() - this.known.atMs : Infinity;
  }

  private async refresh(): Promise<void> {
    try {
      this.known = { value: await this.read(), atMs: this.now() };
      this.failed = false;
    } catch {
      // The scrape says so. Whoever needs the database to answer reports the error.
      this.failed = true;
    }
  }
}
