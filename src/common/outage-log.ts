import { LogGate } from './log-gate.js';

/** Writes one line when something that every request needs is gone, and one when it is back. */
export class OutageLog {
  private beganMs: number | undefined;
  private refused = 0;
  private readonly gate: LogGate;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.gate = new LogGate(now);
  }

  /** Notes a request that was refused. @param log - called for the first one alone */
  note(log: () => void): void {
    this.refused += 1;
    if (this.beganMs !== undefined) return;
    this.beganMs = this.now();
    // What comes and goes many times a second is one line a second.
    this.gate.pass('gone', log);
  }

  /** Notes that it works: costs nothing while there is no outage. */
  over(log: (outage: { readonly seconds: number; readonly refused: number }) => void): void {
    if (this.beganMs === undefined) return;
    const outage = { seconds: Math.round((this.now() - this.beganMs) / 1_000), refused: this.refused };
    this.beganMs = undefined;
    this.refused = 0;
    this.gate.pass('back', () => log(outage));
  }
}

/** The database of this process. */
export const databaseOutage = new OutageLog();
