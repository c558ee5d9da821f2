/** How long one line of a kind replaces all others like it. */
const SILENCE_MS = 1_000;

/** The most kinds. Beyond it, all new lines are one kind. */
const MAX_KINDS = 100;

const OTHERS = 'others';

interface Kind {
  lastMs: number;
  /** The lines that were left out since. */
  leftOut: number;
}

/** Logs one line of each kind a second, so that a flood of failures does not fill the log. */
export class LogGate {
  private readonly kinds = new Map<string, Kind>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * @param kind - what lines have in common
   * @param log - called to write the line, with the number of similar lines left out since the last one
   */
  pass(kind: string, log: (leftOut: number) => void): void {
    const now = this.now();
    const known = this.kinds.get(kind) ?? this.makeRoomFor(kind, now);
    if (now - known.lastMs < SILENCE_MS) {
      known.leftOut += 1;
      return;
    }
    known.lastMs = now;
    const { leftOut } = known;
    known.leftOut = 0;
    log(leftOut);
  }

  private makeRoomFor(kind: string, now: number): Kind {
    for (const [name, { lastMs }] of this.kinds) {
      if (this.kinds.size < MAX_KINDS) break;
      if (now - lastMs >= SILENCE_MS) this.kinds.delete(name);
    }
    const name = this.kinds.size < MAX_KINDS ? kind : OTHERS;
    const found = this.kinds.get(name) ?? { lastMs: -Infinity, leftOut: 0 };
    this.kinds.set(name, found);
    return found;
  }
}
