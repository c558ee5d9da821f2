/** The row of an import. It is created only if something changes, so a repeated push leaves no row. */
export class ImportRow {
  private made: Promise<number> | undefined;

  constructor(private readonly make: () => Promise<number>) {}

  async id(): Promise<number> {
    return await (this.made ??= this.make());
  }
}
