import { MAX_ACCESS_LINES_PER_SECOND } from '../common/limits.js';

/** Limits the lines of a second, so that a flood of requests neither fills the disk nor pushes older lines out. */
export class LineBudget {
  private second = -1;
  private written = 0;
  private leftOut = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * @param onMore - called with the number of lines that were left out in an earlier second
   * @returns whether another line may be written now
   */
  take(onMore: (leftOut: number) => void): boolean {
    const second = Math.floor(this.now() / 1_000);
    if (second !== this.second) {
      if (this.leftOut > 0) onMore(this.leftOut);
      this.second = second;
      this.written = 0;
      this.leftOut = 0;
    }
    if (this.written >= MAX_ACCESS_LINES_PER_SECOND) {
      this.leftOut += 1;
      return false;
    }
    this.written += 1;
    return true;
  }
}
