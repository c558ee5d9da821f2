import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { makeDataDirectory } from '../common/files/data-directory.js';
import { databaseOutage } from '../common/outage-log.js';
import { areStorable } from '../common/storable-text.js';
import { parseConnectionUrl } from './connection-url.js';
import { describeServer, type DatabaseConnection } from './database-connection.js';
import { isConnectionLoss, openingFailure, withLossNamed } from './database-failure.js';
import { DatabaseLocation } from './database-location.js';
import { databaseOptions } from './database-options.js';
import type { BinariesSource } from './embedded/binaries.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { findNpmPackage } from './embedded/npm-binaries.js';
import { prepareDatabase } from './prepare-database.js';

/** How long an embedded server that was just lost may take to return. */
const EMBEDDED_PATIENCE_MS = 10_000;
const RETRY_MS = 100;

/** An open database: its pool, its connection, and our share in the server if it is embedded. */
interface OpenDatabase {
  readonly dataSource: DataSource;
  readonly connection: DatabaseConnection;
  readonly server: EmbeddedPostgres | undefined;
}

/** How many connections a pool has, how many of them nobody uses, and how many requests wait for one. */
export interface PoolFigures {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The server of a database. */
export type DatabaseOrigin =
  /** The server that `proxy.db.connection` names. */
  | { readonly kind: 'external'; readonly version: string; readonly host: string }
  /** A server that this program runs: the packaged one, or the machine's. */
  | { readonly kind: 'packaged' | 'host'; readonly version: string; readonly programs: string | undefined };

/** The store's database. Before its first use, nothing connects and no server is started. */
@Injectable()
export class DatabaseService implements OnApplicationShutdown {
  private opening: Promise<OpenDatabase> | undefined;
  private closed = false;

  constructor(private readonly location: DatabaseLocation) {}

  /**
   * Returns the database, opened and migrated.
   *
   * @throws StoreError `database-unavailable` if it cannot be reached; `unsupported` if the version of the
   *   server or its data is not supported; `invalid-setting` if the URL is invalid; `not-configured` if there
   *   is neither an external database nor an installed PostgreSQL
   */
  async ready(): Promise<DataSource> {
    return (await this.open()).dataSource;
  }

  /**
   * Queries rows outside any transaction. PostgreSQL cannot store a string with NUL. So a query for one returns
   * no rows, instead of an error.
   */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (!areStorable(parameters)) return [];
    const dataSource = await this.ready();
    return await dataSource.query<Row[]>(sql, [...parameters]);
  }

  /**
   * Returns the server of the database.
   *
   * @throws StoreError as {@link ready}
   */
  async origin(): Promise<DatabaseOrigin> {
    const { dataSource, connection, server } = await this.open();
    const [row] = await dataSource.query<{ version: string }[]>(
      `select current_setting('server_version') as version`,
    );
    const version = row?.version ?? '';
    if (!server) return { kind: 'external', version, host: describeServer(connection) };
    const { programs } = server;
    const packaged = findNpmPackage()?.root;
    const isPackaged =
      programs !== undefined &&
      [packaged, this.location.dataDir].some((root) => root !== undefined && isBelow(programs, root));
    return { kind: isPackaged ? 'packaged' : 'host', version, programs };
  }

  /** @throws StoreError `database-unavailable` if the database does not answer */
  async ping(): Promise<void> {
    await (await this.ready()).query('select 1');
  }

  /** The connections of the pool, as far as it is open. */
  async poolFigures(): Promise<PoolFigures | undefined> {
    const open = await this.opening?.catch(() => undefined);
    if (!open) return undefined;
    const { master } = open.dataSource.driver as unknown as { readonly master: Pool };
    return { total: master.totalCount, idle: master.idleCount, waiting: master.waitingCount };
  }

  /** How to reach the database, for a connection that is not part of the pool. */
  async connection(): Promise<DatabaseConnection> {
    return (await this.open()).connection;
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    await this.leave();
  }

  /**
   * Closes the pool and gives back the share in an embedded server; the last share stops it. The next use opens
   * the database that the location then names.
   */
  async leave(): Promise<void> {
    const { opening } = this;
    this.opening = undefined;
    const open = await opening?.catch(() => undefined);
    if (!open) return;
    await open.dataSource.destroy();
    await open.server?.release();
  }

  /**
   * Gives back the share in an embedded server without waiting for running work. If it was the last, the server
   * stops and rolls back what was not committed. For a process that is about to end.
   */
  async abandon(): Promise<void> {
    this.closed = true;
    const open = await this.opening?.catch(() => undefined);
    await open?.server?.release();
  }

  private async open(): Promise<OpenDatabase> {
    if (this.closed) {
      throw new StoreError('database-unavailable', 'cannot use the database: the program is stopping');
    }
    const { connection, dataDir, embedded } = this.location;
    const opening = (this.opening ??= connection
      ? openExternal(connection)
      : openEmbedded(dataDir, embedded === 'host' ? 'host' : undefined));
    try {
      return await opening;
    } catch (error) {
      // The next use tries again.
      if (this.opening === opening) this.opening = undefined;
      throw error;
    }
  }
}

function sayItIsBack({ seconds, refused }: { readonly seconds: number; readonly refused: number }): void {
  const requests = refused === 1 ? '1 request was' : `${refused} requests were`;
  new Logger('Database').warn(
    `the database answers again after ${seconds} seconds; ${requests} refused meanwhile`,
  );
}

function isBelow(path: string, folder: string): boolean {
  return !relative(realpathSync(folder), path).startsWith('..');
}

async function openExternal(url: string): Promise<OpenDatabase> {
  return await openAt(parseConnectionUrl(url), undefined);
}

async function openEmbedded(dataDir: string, binaries: BinariesSource | undefined): Promise<OpenDatabase> {
  makeDataDirectory(dataDir);
  const server = await EmbeddedPostgres.acquire(dataDir, binaries && { binaries });
  const connection: DatabaseConnection = { ...server.connection, tls: { mode: 'off' } };
  const deadline = Date.now() + EMBEDDED_PATIENCE_MS;
  for (;;) {
    try {
      return await openAt(connection, server);
    } catch (error) {
      if (Date.now() > deadline || !isConnectionLoss((error as Error).cause)) {
        await server.release();
        throw error;
      }
      await sleep(RETRY_MS);
    }
  }
}

async function openAt(
  connection: DatabaseConnection,
  server: EmbeddedPostgres | undefined,
): Promise<OpenDatabase> {
  const settled = await prepareDatabase(connection);
  try {
    const dataSource = await new DataSource(databaseOptions(settled)).initialize();
    nameLosses(dataSource);
    return { dataSource, connection: settled, server };
  } catch (error) {
    throw openingFailure(error, settled);
  }
}

/**
 * Replaces the driver's messages about a lost database, or one without a free connection, by ours. A device can
 * then try again later; it is not a fault of the program.
 */
function nameLosses(dataSource: DataSource): void {
  const { driver } = dataSource;
  const createQueryRunner = driver.createQueryRunner.bind(driver);
  driver.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    const query = runner.query.bind(runner) as (...words: unknown[]) => Promise<unknown>;
    const connect = runner.connect.bind(runner) as () => Promise<unknown>;
    runner.query = (async (...words: unknown[]) => {
      const result = await withLossNamed(query(...words));
      databaseOutage.over(sayItIsBack);
      return result;
    }) as typeof runner.query;
    runner.connect = async () => await withLossNamed(connect());
    return runner;
  };
}
