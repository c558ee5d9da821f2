import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { clientConfig, type DatabaseConnection } from './database-connection.js';
import { MIGRATIONS, MIGRATIONS_TABLE } from './migrations.js';

/** TypeORM's options for PostgreSQL. */
export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** Options without limits, for changes of the schema. */
export function migrationOptions(connection: DatabaseConnection): PostgresOptions {
  const { host, port, user, password, database, ssl, connectionTimeoutMillis, application_name, keepAlive } =
    clientConfig(connection);
  return {
    type: 'postgres',
    // Set explicitly, because TypeORM would otherwise look for it at run time, where a bundler cannot follow.
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
    // Lost idle connections are replaced at the next use. Every other failure reaches the query.
    poolErrorHandler: () => undefined,
  };
}
