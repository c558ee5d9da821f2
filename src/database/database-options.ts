import type { DatabaseConnection } from './database-connection.js';
import { migrationOptions, type PostgresOptions } from './migration-options.js';

/** The most connections of one process, not counting the one that listens for notifications. */
const POOL_SIZE = 10;

/** A statement of a request takes this long only if something is wrong. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** A process that stops in the middle of a transaction must not hold its locks forever. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 300_000;

/**
 * TypeORM's options for our databases, for the application and for TypeORM's command line.
 *
 * @param connection - from a libpq URL ({@link parseConnectionUrl}) or the embedded server
 */
export function databaseOptions(connection: DatabaseConnection): PostgresOptions {
  const options = migrationOptions(connection);
  return {
    ...options,
    poolSize: POOL_SIZE,
    extra: {
      ...options.extra,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  };
}
