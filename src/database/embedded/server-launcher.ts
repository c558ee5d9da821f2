import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { prepareAccess } from './access.js';
import { findBinaries, type BinariesSource } from './binaries.js';
import { dataMajor, makeCluster } from './cluster.js';
import { disownLockFile, TAKEN } from './postmaster.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { spawnIdentity, type ServerAccount } from './server-account.js';
import { SOCKET_PORT, type ServerFolders } from './server-folders.js';

/** A start begins a new log when the log has reached this size. One older log is kept. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** A start is tried again when it failed for a reason that does not pass by itself. */
const MAX_FAILURES = 2;

/** Pause before the next attempt when another server's lock file refused the start. */
const RETRY_MS = 200;

/** The processes of a killed server end within moments. Only after this time is its lock file doubted. */
const LOCK_PATIENCE_MS = 2_000;

/** Starts the server of one data directory, as often as needed. */
export class ServerLauncher {
  private child: ChildProcess | undefined;
  private failures = 0;
  private takenSince: number | undefined;
  private notBefore = 0;
  private logOffset = 0;

  constructor(
    private readonly folders: ServerFolders,
    private readonly account: ServerAccount,
    private readonly source: BinariesSource | undefined,
  ) {}

  /** The process id of the running server, if this launcher started it. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts a server, unless this launcher is already starting one.
   *
   * @throws StoreError `database-unavailable` with the server's own message if it cannot start, and the errors
   *   of `findBinaries` and `makeCluster`
   */
  async start(): Promise<void> {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) return;
    if (this.child) this.judgeExit();
    if (Date.now() < this.notBefore) return;
    const major = dataMajor(this.folders);
    const binaries = findBinaries({
      account: this.account,
      base: this.folders.base,
      source: this.source,
      major,
    });
    if (major === undefined) await makeCluster(this.folders, binaries, this.account);
    if (prepareAccess(this.folders.data, binaries, this.account))
      this.child = this.spawnServer(join(binaries.folder, 'postgres'));
    else this.waitForOther();
  }

  /** In its own session, so that Ctrl-C in a command does not reach a server that others use. */
  private spawnServer(program: string): ChildProcess {
    const log = this.openLog();
    const settings = [
      'listen_addresses=',
      'unix_socket_permissions=0700',
      'timezone=UTC',
      'log_timezone=UTC',
      'logging_collector=off',
    ].flatMap((setting) => ['-c', setting]);
    const { data, socket } = this.folders;
    try {
      const child = spawn(program, ['-D', data, '-k', socket, '-p', String(SOCKET_PORT), ...settings], {
        ...spawnIdentity(this.account),
        cwd: '/',
        env: PROGRAM_ENVIRONMENT,
        detached: true,
        stdio: ['ignore', log, log],
      });
      child.on('error', () => undefined);
      child.unref();
      return child;
    } finally {
      closeSync(log);
    }
  }

  private openLog(): number {
    const { log } = this.folders;
    const sizeBytes = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    const startsAnew = sizeBytes > MAX_LOG_BYTES;
    if (startsAnew) renameSync(log, `${log}.1`);
    this.logOffset = startsAnew ? 0 : sizeBytes;
    return openSync(log, 'a', 0o600);
  }

  /** Another server has the data, or its lock file claims so. */
  private waitForOther(): void {
    this.takenSince ??= Date.now();
    this.notBefore = Date.now() + RETRY_MS;
    if (Date.now() - this.takenSince > LOCK_PATIENCE_MS) disownLockFile(this.folders.data);
  }

  private judgeExit(): void {
    const exitCode = this.child?.exitCode;
    this.child = undefined;
    // The server ran, and the last process to leave stopped it before we had our share.
    if (exitCode === 0) return;
    const said = readFileSync(this.folders.log).subarray(this.logOffset).toString('utf8');
    if (TAKEN.test(said)) {
      this.waitForOther();
      return;
    }
    this.takenSince = undefined;
    this.failures += 1;
    if (this.failures < MAX_FAILURES) return;
    const reason = /(?:FATAL|PANIC|error):\s+(.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1);
    throw new StoreError(
      'database-unavailable',
      `cannot start the database in ${this.folders.data}: ${reason} (see ${this.folders.log})`,
    );
  }
}
