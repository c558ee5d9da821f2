import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { clientConfig, type DatabaseConnection } from './database-connection.js';
import { MIGRATIONS, MIGRATIONS_TABLE } from './migrations.js';

/** TypeORM's options, of those the ones for PostgreSQL. */
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
