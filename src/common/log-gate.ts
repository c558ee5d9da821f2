/** How long one line of a kind stands for all others like it. */
const SILENCE_MS = 1_000;

/** Kinds that are told apart; beyond them all that is new is one kind. */
const MAX_KINDS = 100;

const OTHERS = 'others';

interface Kind {
  lastMs: number;
  /** Lines that were left out since. */
  leftOut: number;
}

/** Lets one line of each kind a second into the log, so that a flood of failures does not fill it. */
export class LogGate {
  private readonly kinds = new Map<string, Kind>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * @param kind - what lines must have in common to stand for each other
   * @param log - called where the line is to be written, with how many like it were not since the last one
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
