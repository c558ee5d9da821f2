import { availableParallelism, cpus } from 'node:os';

/** The middle of a few measurements. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** What the bench found, in the order in which it was found. */
export class Report {
  private readonly values: Record<string, unknown> = {};
  private readonly reasons: Record<string, string> = {};
  /** Lowest and highest of the measurements that a median was made of. */
  private readonly spread: Record<string, [number, number]> = {};

  constructor(readonly pairs: number) {}

  /** Notes the median of several measurements. @returns it */
  medianOf(key: string, measurements: readonly number[]): number {
    const value = rounded(median(measurements));
    this.values[key] = value;
    this.spread[key] = [rounded(Math.min(...measurements)), rounded(Math.max(...measurements))];
    return value;
  }

  /** Notes the median of ours ÷ the peer's, pair by pair. @returns it */
  ratio(key: string, ours: readonly number[], peers: readonly number[]): number {
    return this.medianOf(
      key,
      ours.map((value, index) => value / (peers[index] ?? Number.NaN)),
    );
  }

  value(key: string, value: number | object): void {
    this.values[key] = typeof value === 'number' ? rounded(value) : value;
  }

  /** Notes that something could not be measured here. */
  missing(keys: readonly string[], reason: string): void {
    for (const key of keys) {
      this.values[key] = null;
      this.reasons[key] = reason;
    }
  }

  toJson(): object {
    return {
      ...this.values,
      spread: this.spread,
      reasons: this.reasons,
      pairs: this.pairs,
      machine: machine(),
    };
  }

  toTable(): string {
    const lines = Object.entries(this.values).map(([key, value]) => {
      const range = this.spread[key];
      const shown = value === null ? `not measured: ${this.reasons[key]}` : JSON.stringify(value);
      return `${key.padEnd(28)} ${shown}${range ? `  [${range[0]} to ${range[1]}]` : ''}`;
    });
    return [...lines, `${'machine'.padEnd(28)} ${JSON.stringify(machine())}, ${this.pairs} pairs`].join('\n');
  }
}

function machine(): object {
  return { cores: availableParallelism(), cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
