/** The facts of a line of the log, beside its words. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

/** A line of the log with facts that a program may look for. Written as text, it is its words alone. */
export class LogEntry {
  constructor(
    readonly text: string,
    readonly fields: LogFields,
  ) {}

  toString(): string {
    return this.text;
  }
}
