/** Where this unit's database is. The settings provide it. Also the injection token. */
export abstract class DatabaseLocation {
  /** The data directory; the embedded server keeps its data in it. */
  abstract readonly dataDir: string;
  /** libpq URL of an external database. Without it, the embedded server is used. */
  abstract readonly connection?: string | undefined;
  /** Which PostgreSQL the embedded server uses. The default is the packaged one. */
  abstract readonly embedded?: 'packaged' | 'host' | undefined;
}
