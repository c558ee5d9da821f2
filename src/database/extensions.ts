import type { Client } from 'pg';
import { StoreError } from '../common/errors.js';
import { describeServer, type DatabaseConnection } from './database-connection.js';
import { failureCode } from './database-failure.js';

/** The extension that the schema requires of a server. Search by similar words uses it. */
const EXTENSION = 'pg_trgm';

/** SQLSTATE: insufficient privilege. */
const NOT_ALLOWED = '42501';

interface ExtensionFacts {
  readonly available: boolean;
  readonly installed: boolean;
  readonly database: string;
  readonly role: string;
}

/**
 * Creates the extension that the schema requires, if it does not exist. The owner of a database may do so, and
 * every role that may create objects in it. For other roles an administrator must do it once.
 *
 * @throws StoreError `unsupported` if the server does not have the extension, or the role may not create it
 */
export async function ensureExtension(client: Client, connection: DatabaseConnection): Promise<void> {
  const { rows } = await client.query<ExtensionFacts>(
    `select exists (select 1 from pg_available_extensions where name = $1) as available,
       exists (select 1 from pg_extension where extname = $1) as installed,
       current_database() as database, current_user as role`,
    [EXTENSION],
  );
  const [facts] = rows;
  if (!facts || facts.installed) return;
  const refuse = (why: string, cause?: unknown) =>
    new StoreError('unsupported', `cannot prepare the database at ${describeServer(connection)}: ${why}`, {
      cause,
    });
  if (!facts.available) {
    throw refuse(
      `its PostgreSQL has no extension ${EXTENSION}: install PostgreSQL's "contrib" package on that server`,
    );
  }
  try {
    await client.query(`create extension if not exists ${EXTENSION}`);
  } catch (error) {
    if (failureCode(error) !== NOT_ALLOWED) throw error;
    throw refuse(
      `role ${facts.role} may not create the extension ${EXTENSION}: let an administrator run CREATE EXTENSION ${EXTENSION} in database ${facts.database}, or GRANT CREATE ON DATABASE to the role`,
      error,
    );
  }
}
