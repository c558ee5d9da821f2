/** Where this unit's database is. Provided by the settings; also the injection token. */
export abstract class DatabaseLocation {
  /** The data directory; the embedded server keeps its data in it. */
  abstract readonly dataDir: string;
  /** libpq URL of an external database; without it the embedded server is used. */
  abstract readonly connection?: string | undefined;
  /** Which PostgreSQL the embedded server is; without it, the packaged one. */
  abstract readonly embedded?: 'packaged' | 'host' | undefined;
}
