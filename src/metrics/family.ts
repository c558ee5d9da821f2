import { Gauge, type MetricType } from 'prom-client';

/** A value of a metric. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Added to the name of the metric: `_bucket`, `_sum`. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

type Samples = readonly Sample[];

/** What a metric is, and how to read its values. */
export interface FamilySource {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** Called at each scrape. */
  readonly read: () => Samples | Promise<Samples>;
}

/** Before every name but those of the process, which are the same for all programs. */
const PREFIX = 'snap_store_';

/**
 * A metric whose values are counted elsewhere, and read when somebody asks. prom-client's own counters look up their
 * labels at every change, which costs more than the change.
 */
export class Family extends Gauge {
  private readonly source: FamilySource;
  private readonly fullName: string;

  constructor(source: FamilySource) {
    const name = source.name.startsWith('process_') ? source.name : PREFIX + source.name;
    super({ name, help: source.help, registers: [] });
    this.source = source;
    this.fullName = name;
  }

  override async get() {
    const samples = await this.source.read();
    return {
      ...(await super.get()),
      // prom-client writes and compares words, whatever its types say.
      type: this.source.type as unknown as MetricType,
      values: samples.map(({ labels = {}, value, suffix }) => ({
        labels,
        value,
        ...(suffix !== undefined && { metricName: this.fullName + suffix }),
      })),
    };
  }
}

export function gauge(name: string, help: string, read: FamilySource['read']): FamilySource {
  return { name, help, type: 'gauge', read };
}

/** @param name - without `_total`, which is added */
export function counter(name: string, help: string, read: FamilySource['read']): FamilySource {
  return { name, help, type: 'counter', read };
}

/** The value of a metric without labels; nothing if it is not known. */
export function one(value: number | undefined): Samples {
  return value === undefined ? [] : [{ value }];
}

/** One value for each word of a label. */
export function by(label: string, values: Readonly<Record<string, number>>): Samples {
  return Object.entries(values).map(([word, value]) => ({ labels: { [label]: word }, value }));
}
