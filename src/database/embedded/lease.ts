import { Client } from 'pg';
import { StoreError } from '../../common/errors.js';
import { isConnectionLoss } from '../database-failure.js';
import { EMBEDDED_ROLE } from './access.js';
import { SOCKET_PORT } from './server-folders.js';

/** The database in which leases are taken. Every server has it, and advisory locks count per database. */
const LEASE_DATABASE = 'postgres';

/** "snap" and "pg" in ASCII. Any constant works if all processes use the same one. */
const LEASE_LOCK = '1936613744, 28775';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The result of asking for a lease: it is held; no server listens; the server reports that it is starting or
 * stopping; or it cannot answer for another temporary reason.
 */
export type LeaseAttempt =
  | { readonly outcome: 'held'; readonly lease: Lease }
  | { readonly outcome: 'no-server' | 'not-yet' | 'not-now' };

/** SQLSTATE of a server that is starting or stopping. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * One process's share in a running server: a connection that holds a shared advisory lock. A process that gets
 * the same lock exclusively is the only one left and may stop the server. Nobody else can get a share before
 * the server has ended.
 */
export class Lease {
  private constructor(
    private readonly client: Client,
    readonly serverVersion: string,
  ) {}

  /**
   * Asks for a share of the server that listens in a folder.
   *
   * @throws StoreError `database-unavailable` for a permanent reason
   */
  static async attempt(socketFolder: string): Promise<LeaseAttempt> {
    const client = new Client({
      host: socketFolder,
      port: SOCKET_PORT,
      user: EMBEDDED_ROLE,
      database: LEASE_DATABASE,
      ssl: false,
      application_name: 'snap-store-proxy lease',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // The end of the connection is handled elsewhere. Without a listener, its error would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ held: boolean; version: string }>(
        `select pg_try_advisory_lock_shared(${LEASE_LOCK}) as held, current_setting('server_version') as version`,
      );
      const [row] = rows;
      if (row?.held) {
        // Also shows that the server was not being stopped when it granted the lock.
        await client.query('select');
        return { outcome: 'held', lease: new Lease(client, row.version) };
      }
      await client.end();
      return { outcome: 'not-now' };
    } catch (error) {
      client.end().catch(() => undefined);
      return { outcome: outcomeOf(error, socketFolder) };
    }
  }

  /** Calls back when the server or the connection to it is lost, but not after `end`. */
  onLost(listener: () => void): void {
    this.client.once('end', listener);
  }

  /** Gives the share back. @returns whether nobody else has a share; nobody can get one before `end` */
  async giveBack(): Promise<boolean> {
    this.client.removeAllListeners('end');
    await this.client.query(`select pg_advisory_unlock_shared(${LEASE_LOCK})`);
    const { rows } = await this.client.query<{ alone: boolean }>(
      `select pg_try_advisory_lock(${LEASE_LOCK}) as alone`,
    );
    return rows[0]?.alone === true;
  }

  async end(): Promise<void> {
    this.client.removeAllListeners('end');
    await this.client.end();
  }
}

function outcomeOf(error: unknown, socketFolder: string): 'no-server' | 'not-yet' | 'not-now' {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'no-server';
  if (code === CANNOT_CONNECT_NOW) return 'not-yet';
  if (code === 'EACCES' || code === 'EPERM') {
    throw new StoreError(
      'database-unavailable',
      `cannot reach the database in ${socketFolder}: it belongs to another account`,
      { cause: error },
    );
  }
  // The connection was cut while it was opened or used, because the server stopped, or its queue is full.
  if (isConnectionLoss(error) || code === 'EAGAIN') return 'not-now';
  throw new StoreError('database-unavailable', `cannot open the database in ${socketFolder}: ${message}`, {
    cause: error,
  });
}
