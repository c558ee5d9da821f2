import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../common/errors.js';
import { EMBEDDED_DATABASE, EMBEDDED_ROLE, hasRoles } from './access.js';
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

/** How long nothing may come of starting; a server that answers "not yet" (recovery) starts it anew. */
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/** After a server was lost and could not be started again at once. */
const RENEWAL_PAUSE_MS = 1_000;

/** How to reach the embedded server: a folder with its socket, and no password. */
export interface EmbeddedConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export interface EmbeddedOptions {
  /** Take PostgreSQL's programs only from there; without it, those of the npm package where it is installed. */
  readonly binaries?: BinariesSource;
}

interface Held {
  readonly lease: Lease;
  readonly socketFolder: string;
  readonly startedHere: boolean;
}

/**
 * A share in the PostgreSQL server that the processes of one data directory run for themselves. The
 * first to need it starts it, the last to leave stops it, and one that was killed leaves it running
 * for the next. While a share is held and the server is lost, it is started again.
 */
export class EmbeddedPostgres {
  readonly connection: EmbeddedConnection;
  /** Whether this share's process started the server, or found it running. */
  readonly startedHere: boolean;
  /** As the server says it, such as `15.18 (Debian 15.18-0+deb12u1)`. */
  readonly version: string;
  /** The folder of the server's program, as it was started; undefined where that cannot be read. */
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
      database: EMBEDDED_DATABASE,
    };
    this.startedHere = held.startedHere;
    this.version = held.lease.serverVersion;
    this.programs = serverPrograms(folders.data);
    this.lease = held.lease;
    this.watch();
  }

  /**
   * Takes a share in the server of a data directory, starting the server and making its data where
   * needed.
   *
   * @param dataDir - the store's data directory, which exists
   * @throws StoreError `database-unavailable`, `unsupported` where the data is of another version of
   *   PostgreSQL, `not-configured` where there is no PostgreSQL
   */
  static async acquire(dataDir: string, options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
    const folders = serverFolders(dataDir);
    return new EmbeddedPostgres(folders, options, await takeLease(folders, options));
  }

  /** Gives the share back; where it was the last, stops the server and waits until it is gone. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.renewal;
    try {
      if (await this.lease.giveBack()) await stopServer(this.folders.data);
    } catch (error) {
      // A lost connection has given the share back already.
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
        // Whoever queries meanwhile meets the failure and tells it; here it is only tried again.
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
    // A server started with another temporary folder has its socket there.
    const running = readLockFile(folders.data);
    const said = running?.socketFolder;
    const socketFolder = said !== undefined && isSocketFolder(said, account) ? said : folders.socket;
    const attempt = await Lease.attempt(socketFolder);
    if (attempt.outcome === 'held' && mayStopOld && !hasRoles(folders.data, account)) {
      await stopOld(folders, attempt.lease);
      // Where others use it, it stays until they have left.
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

/** A server that an older version started trusts whoever reaches its socket; it is started anew where nobody else uses it. */
async function stopOld(folders: ServerFolders, lease: Lease): Promise<void> {
  try {
    if (await lease.giveBack()) await stopServer(folders.data);
  } finally {
    await lease.end();
  }
}
