import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { clientConfig, type DatabaseConnection } from './database-connection.js';
import { ENTITIES } from './entities.js';
import { MIGRATIONS, MIGRATIONS_TABLE } from './migrations.js';

/** Connections of one process at most, besides the one that listens for notifications. */
export const POOL_SIZE = 10;

/** No statement of a request takes this long unless something is wrong. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** A process that stops in the middle of a transaction must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 300_000;

/** What TypeORM needs to know of PostgreSQL, of every kind. */
export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** Options with no entities and no limits, for whoever changes the schema. */
export function migrationOptions(connection: DatabaseConnection): PostgresOptions {
  const { host, port, user, password, database, ssl, connectionTimeoutMillis, application_name, keepAlive } =
    clientConfig(connection);
  return {
    type: 'postgres',
    // Given, since TypeORM would otherwise look for it at run time, beyond the reach of a bundler.
    driver: pg,
    host,
    port,
    ssl,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    connectTimeoutMS: connectionTimeoutMillis,
    applicationName: application_name,
    extra: { keepAlive },
    poolSize: 1,
    synchronize: false,
    entities: [],
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    // Lost idle connections are replaced on the next use; whoever queries meets any other failure.
    poolErrorHandler: () => undefined,
  };
}

/**
 * TypeORM's options for a database of ours: the same for the application and TypeORM's command line.
 *
 * @param connection - from a libpq URL ({@link parseConnectionUrl}) or the embedded server
 */
export function databaseOptions(connection: DatabaseConnection): PostgresOptions {
  const options = migrationOptions(connection);
  return {
    ...options,
    entities: ENTITIES,
    poolSize: POOL_SIZE,
    extra: {
      ...options.extra,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  };
}
