import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { connectDatabase } from '../database/connect-database.js';
import { parseConnectionUrl } from '../database/connection-url.js';
import { describeServer } from '../database/database-connection.js';
import { DatabaseService } from '../database/database.service.js';
import {
  describeStore,
  holdsStore,
  isEmptyStore,
  readStoreFacts,
  type StoreFacts,
} from '../database/store-facts.js';
import { DATABASE_CONNECTION } from './database.settings.js';
import { UnitConfigService } from './unit-config.service.js';

/** The store of this unit before it moves to another database, or the reason why it cannot be read. */
export type PresentStore = StoreFacts | { readonly unknown: string } | undefined;

/** Prevents a unit from losing its store by a change of one setting. */
@Injectable()
export class DatabaseMoveService {
  constructor(
    private readonly unit: UnitConfigService,
    private readonly database: DatabaseService,
  ) {}

  /** The store of this unit now; undefined if it never had a database. */
  async present(): Promise<PresentStore> {
    const connection = this.unit.readFile()[DATABASE_CONNECTION.key] ?? '';
    if (connection === '' && !this.unit.hasEmbeddedDatabase) return undefined;
    try {
      return await this.ask();
    } catch (error) {
      if (error instanceof StoreError) return { unknown: error.message };
      throw error;
    }
  }

  /**
   * Checks that a database contains the store of this unit, without changing it. Call it while the unit plans
   * to use the database.
   *
   * @param url - as in `proxy.db.connection`; empty for the embedded server
   * @throws StoreError `conflict` if it does not, `database-unavailable` if it cannot be reached
   */
  async check(present: PresentStore, url: string): Promise<void> {
    if (!present || (!('unknown' in present) && isEmptyStore(present))) return;
    const target = await this.target(url);
    const refuse = (why: string) =>
      new StoreError(
        'conflict',
        `cannot use the database ${url === '' ? 'of the embedded server' : `at ${describeServer(parseConnectionUrl(url))}`}: ${why}; move the data there first, or give --new-store to start a new store`,
      );
    if ('unknown' in present) {
      if (isEmptyStore(target))
        throw refuse(`it contains no store, and the store of this unit is unknown (${present.unknown})`);
    } else if (!holdsStore(target, present))
      throw refuse(
        `it does not contain this store (${describeStore(present)}) but ${isEmptyStore(target) ? 'nothing' : `another one (${describeStore(target)})`}`,
      );
  }

  private async target(url: string): Promise<StoreFacts> {
    if (url === '')
      return this.unit.hasEmbeddedDatabase
        ? await this.ask()
        : { storeId: undefined, isAirgapped: false, snaps: [] };
    const { client } = await connectDatabase(parseConnectionUrl(url));
    try {
      return await readStoreFacts(
        async <Row>(sql: string, parameters: readonly unknown[] = []) =>
          (await client.query(sql, [...parameters])).rows as Row[],
      );
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async ask(): Promise<StoreFacts> {
    return await readStoreFacts(async (sql, parameters) => await this.database.query(sql, parameters));
  }
}
