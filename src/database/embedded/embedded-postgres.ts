import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../common/errors.js';
import { EMBEDDED_DATABASE_NAME, EMBEDDED_ROLE, hasRoles } from './access.js';
import type { BinariesSource } from './binaries.js';
import { Lease } from './lease.js';
import { readLockFile, serverPrograms, stopServer } from './postmaster.js';
import { serverAccount } from './server-account.js';
import {
  isSocketFolder,
  prepareFolders,
  serverFolders,
  SOCKET_PORT,
  type ServerFolders,
} from './server-folders.js';
import { ServerLauncher } from './server-launcher.js';

/** How long a start may make no progress. A server that answers "not yet" (recovery) restarts this time. */
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/** The pause before the next attempt, when a server was lost and could not be restarted at once. */
const RENEWAL_PAUSE_MS = 1_000;

/** How to reach the embedded server: the folder of its socket; no password. */
export interface EmbeddedConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export interface EmbeddedOptions {
  /** Use only the PostgreSQL programs in this folder. The default is the npm package, if it is installed. */
  readonly binaries?: BinariesSource;
}

interface Held {
  readonly lease: Lease;
  readonly socketFolder: string;
  readonly startedHere: boolean;
}

/**
 * A share in the PostgreSQL server that the processes of one data directory run for themselves. The first
 * process that needs the server starts it, and the last to leave stops it. A killed process leaves it running
 * for the next one. If the server is lost while a share is held, it is started again.
 */
export class EmbeddedPostgres {
  readonly connection: EmbeddedConnection;
  /** Whether the process of this share started the server, or found it running. */
  readonly startedHere: boolean;
  /** As the server reports it, such as `15.18 (Debian 15.18-0+deb12u1)`. */
  readonly version: string;
  /** The folder of the server's program when it was started; undefined if that cannot be read. */
  readonly programs: string | undefined;
  private lease: Lease;
  private released = false;
  private renewal: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folders: ServerFolders,
    private readonly options: EmbeddedOptions,
    held: Held,
  ) {
    this.connection = {
      host: held.socketFolder,
      port: SOCKET_PORT,
      user: EMBEDDED_ROLE,
      database: EMBEDDED_DATABASE_NAME,
    };
    this.startedHere = held.startedHere;
    this.version = held.lease.serverVersion;
    this.programs = serverPrograms(folders.data);
    this.lease = held.lease;
    this.watch();
  }

  /**
   * Takes a share in the server of a data directory. Starts the server and creates its data if needed.
   *
   * @param dataDir - the store's data directory, which exists
   * @throws StoreError `database-unavailable`; `unsupported` if another version of PostgreSQL wrote the data;
   *   `not-configured` if PostgreSQL is not installed
   */
  static async acquire(dataDir: string, options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
    const folders = serverFolders(dataDir);
    return new EmbeddedPostgres(folders, options, await takeLease(folders, options));
  }

  /** Gives the share back. The last share stops the server and waits until it has ended. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.renewal;
    try {
      if (await this.lease.giveBack()) await stopServer(this.folders.data);
    } catch (error) {
      // A lost connection has already given the share back.
      if (error instanceof StoreError) throw error;
    } finally {
      await this.lease.end();
    }
  }

  private watch(): void {
    this.lease.onLost(() => {
      if (!this.released) this.renewal = this.renew();
    });
  }

  private async renew(): Promise<void> {
    while (!this.released) {
      try {
        this.lease = (await takeLease(this.folders, this.options)).lease;
        this.watch();
        return;
      } catch {
        // A query meanwhile fails and reports it. Here the start is only tried again.
        await sleep(RENEWAL_PAUSE_MS, undefined, { ref: false });
      }
    }
  }
}

async function takeLease(folders: ServerFolders, { binaries }: EmbeddedOptions): Promise<Held> {
  const account = serverAccount(folders.data);
  prepareFolders(folders, account);
  const launcher = new ServerLauncher(folders, account, binaries);
  let deadline = Date.now() + START_TIMEOUT_MS;
  let mayStopOld = true;
  while (Date.now() < deadline) {
    // A server that was started with another temporary folder has its socket there.
    const running = readLockFile(folders.data);
    const said = running?.socketFolder;
    const socketFolder = said !== undefined && isSocketFolder(said, account) ? said : folders.socket;
    const attempt = await Lease.attempt(socketFolder);
    if (attempt.outcome === 'held' && mayStopOld && !hasRoles(folders.data, account)) {
      await stopOld(folders, attempt.lease);
      // If others use the server, it stays until they have left.
      mayStopOld = false;
    } else if (attempt.outcome === 'held') {
      const startedHere = launcher.pid !== undefined && launcher.pid === readLockFile(folders.data)?.pid;
      return { lease: attempt.lease, socketFolder, startedHere };
    }
    if (attempt.outcome === 'no-server') await launcher.start();
    if (attempt.outcome === 'not-yet') deadline = Date.now() + START_TIMEOUT_MS;
    await sleep(POLL_MS);
  }
  throw new StoreError(
    'database-unavailable',
    `cannot start the database in ${folders.data} within ${START_TIMEOUT_MS / 1000} seconds (see ${folders.log})`,
  );
}

/**
 * A server that an older version started trusts everybody who reaches its socket. It is restarted if nobody
 * else uses it.
 */
async function stopOld(folders: ServerFolders, lease: Lease): Promise<void> {
  try {
    if (await lease.giveBack()) await stopServer(folders.data);
  } finally {
    await lease.end();
  }
}
