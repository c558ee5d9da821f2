/** The row of an import, made only once something changes: a repeated push leaves no trace. */
export class ImportJob {
  private made: Promise<number> | undefined;

  constructor(private readonly make: () => Promise<number>) {}

  async id(): Promise<number> {
    return await (this.made ??= this.make());
  }
}
