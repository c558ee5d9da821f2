/** How long refusals are counted before a line gives the count. */
export const COUNT_REFUSALS_MS = 60_000;

/** The most lines about different refusals in that time. Further ones are counted together. */
export const MAX_LOGGED_REFUSALS = 100;

/**
 * Logs refusals in a limited number of lines: the first of a kind from an address at once, and then a count of
 * the others once a minute.
 */
export class RefusalLog {
  private readonly more = new Map<string, number>();
  private others = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param write - takes one line, without a line end */
  constructor(private readonly write: (line: string) => void) {}

  /** @param what - what was refused, and from where: "management password from 192.0.2.7" */
  note(what: string): void {
    this.timer ??= setTimeout(() => this.count(), COUNT_REFUSALS_MS).unref();
    const before = this.more.get(what);
    if (before !== undefined) this.more.set(what, before + 1);
    else if (this.more.size >= MAX_LOGGED_REFUSALS) this.others += 1;
    else {
      this.more.set(what, 0);
      this.write(`refused ${what}`);
    }
  }

  /** Writes the counts, and starts again. */
  count(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [what, times] of this.more)
      if (times > 0) this.write(`refused ${what}: ${times} more times within a minute`);
    if (this.others > 0)
      this.write(`refused ${this.others} more of other kinds or addresses within a minute`);
    this.more.clear();
    this.others = 0;
  }
}
