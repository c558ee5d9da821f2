import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { portOf } from '../support/ports.js';
import { requirePrepared, runCommand, SNAPD_PROGRAMS, type CommandResult } from './programs.js';

/** Folders that snapd expects in a root file system and does not create. */
const FOLDERS = [
  'etc/dbus-1/system.d',
  'etc/systemd/system',
  'run',
  'snap',
  'sys/fs/cgroup',
  'usr/bin',
  'usr/lib/snapd',
  'var/lib/snapd/snaps',
];

/** Programs that the daemon starts by their path below its root. */
const DAEMON_HELPERS = ['snap-seccomp', 'snapctl', 'snap-update-ns', 'snap-exec'];

const START_ATTEMPTS = 100;
const START_PAUSE_MS = 200;

/** A preinstalled snap of a device, without assertions. */
export interface SeedSnap {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * A device: a real snapd daemon with its own root file system, an empty state and
 * no systemd (`shim/` replaces the parts that snapd needs). It trusts the given
 * roots in addition to the compiled-in one, and uses no store until it is configured.
 */
export class SnapdDevice {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #supervisor: ChildProcess;
  readonly #noStore: Server;

  private constructor(folder: string, env: NodeJS.ProcessEnv, noStore: Server) {
    this.#folder = folder;
    this.#env = env;
    this.#noStore = noStore;
    this.#supervisor = supervise(folder, env);
  }

  /**
   * Starts a device, and waits until it answers.
   *
   * @param trustedRoots - stream of account and account-key assertions
   * @param seed - stream of the device's model and the assertions that verify it; by default, the device uses
   *   snapd's own `generic/generic-classic`
   * @param snaps - the preinstalled snaps
   * @throws Error with the daemon's log if it does not start
   */
  static async start(
    trustedRoots: Buffer,
    seed?: Buffer,
    snaps: readonly SeedSnap[] = [],
  ): Promise<SnapdDevice> {
    requirePrepared(join(SNAPD_PROGRAMS, 'snapd'));
    const folder = mkdtempSync(join(tmpdir(), 'snapd-device-'));
    makeRoot(join(folder, 'root'));
    writeFileSync(join(folder, 'trusted.assert'), trustedRoots);
    if (seed) writeSeed(join(folder, 'root'), seed, snaps);
    const noStore = await startNoStore();
    const device = new SnapdDevice(folder, deviceEnvironment(folder, noStore), noStore);
    await device.#answering();
    return device;
  }

  /** Runs `snap` with these arguments, with any result. */
  async run(...args: string[]): Promise<CommandResult> {
    return await runCommand('snap', args, { env: this.#env });
  }

  /**
   * Runs a `snap` command that must succeed.
   *
   * @returns its output
   * @throws Error with its output and the end of the daemon's log if it failed
   */
  async snap(...args: string[]): Promise<string> {
    const result = await this.run(...args);
    if (result.status === 0) return result.stdout;
    throw new Error(
      `snap ${args.join(' ')} ended with ${result.status}: ${result.stderr}\n${this.#logEnd()}`,
    );
  }

  /**
   * Runs a `snap` command that must be refused.
   *
   * @returns its standard error
   */
  async snapRefused(...args: string[]): Promise<string> {
    const result = await this.run(...args);
    if (result.status !== 0) return result.stderr;
    throw new Error(`snap ${args.join(' ')} succeeded: ${result.stdout}`);
  }

  /**
   * Runs a `snap` command that contacts the store itself, without the daemon,
   * as `snap download` does.
   *
   * @param cwd - the directory for its files
   */
  async snapByItself(storeUrl: string, cwd: string, ...args: string[]): Promise<CommandResult> {
    return await runCommand('snap', args, { env: { ...this.#env, SNAPPY_FORCE_API_URL: storeUrl }, cwd });
  }

  /** The text of a file as the device sees it, also in a mounted snap. */
  read(path: string): string {
    return this.readBytes(path).toString();
  }

  /** A file as the device sees it. */
  readBytes(path: string): Buffer {
    // The snaps are mounted in the daemon's own namespace, which /proc gives access to.
    return readFileSync(join(`/proc/${this.#supervisor.pid}/root`, this.#folder, 'root', path));
  }

  /** The `result` of the daemon's answer to a program of the device, such as its software centre. */
  async ask(path: string): Promise<unknown> {
    const socketPath = join(this.#folder, 'root/run/snapd.socket');
    const [answer] = (await once(get({ socketPath, path }), 'response')) as [IncomingMessage];
    return (JSON.parse(await text(answer)) as { result: unknown }).result;
  }

  /** Restarts the daemon, as `systemctl restart snapd` does, and waits until it answers. */
  async restart(): Promise<void> {
    const pid = this.#daemon();
    this.#supervisor.kill('SIGHUP');
    // The old daemon may answer for a while.
    while (this.#daemon() === pid) await sleep(START_PAUSE_MS);
    await this.#answering();
  }

  /** Stops the daemon; its mounts end with its namespace, its files are removed. */
  async stop(): Promise<void> {
    if (this.#supervisor.exitCode === null) {
      const ended = new Promise((resolve) => this.#supervisor.once('exit', resolve));
      this.#supervisor.kill('SIGTERM');
      await ended;
    }
    this.#noStore.close();
    this.#noStore.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answering(): Promise<void> {
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
      const { status } = await this.run('changes');
      if (status === 0) return;
      await sleep(START_PAUSE_MS);
    }
    const log = this.#logEnd();
    await this.stop();
    throw new Error(`cannot start snapd: it did not answer\n${log}`);
  }

  /** The process id of the daemon that was started last. */
  #daemon(): string {
    return readFileSync(join(this.#folder, 'snapd.pid'), 'utf8');
  }

  #logEnd(): string {
    return readFileSync(join(this.#folder, 'snapd.log'), 'utf8').split('\n').slice(-30).join('\n');
  }
}

/**
 * An empty store, which a device uses until a store is configured. Without it, the
 * daemon would contact the official store first and block while it retries.
 */
async function startNoStore(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function makeRoot(root: string): void {
  for (const name of FOLDERS) mkdirSync(join(root, name), { recursive: true });
  symlinkSync('/proc', join(root, 'proc'));
  writeFileSync(join(root, 'etc/environment'), '');
  for (const name of DAEMON_HELPERS) {
    cpSync(join(SNAPD_PROGRAMS, name), join(root, 'usr/lib/snapd', name));
  }
}

/** Writes the seed of a device, as a factory does. A classic device needs no snaps in it. Hooks run unconfined. */
function writeSeed(root: string, seed: Buffer, snaps: readonly SeedSnap[]): void {
  const folder = join(root, 'var/lib/snapd/seed');
  mkdirSync(join(folder, 'assertions'), { recursive: true });
  writeFileSync(join(folder, 'assertions/model'), seed);
  if (snaps.length === 0) return;
  mkdirSync(join(folder, 'snaps'));
  for (const { name, bytes } of snaps) writeFileSync(join(folder, `snaps/${name}.snap`), bytes);
  const entries = snaps.map(
    ({ name }) => `  - name: ${name}\n    file: ${name}.snap\n    unasserted: true\n`,
  );
  writeFileSync(join(folder, 'seed.yaml'), `snaps:\n${entries.join('')}`);
  cpSync(join(import.meta.dirname, 'shim/snap-confine'), join(root, 'usr/lib/snapd/snap-confine'));
}

function deviceEnvironment(folder: string, noStore: Server): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LANG: 'C.UTF-8',
    PATH: `${join(import.meta.dirname, 'shim')}:${SNAPD_PROGRAMS}:${process.env['PATH'] ?? ''}`,
    SNAPPY_GLOBAL_ROOT: join(folder, 'root'),
    SNAPPY_FORCE_API_URL: `http://127.0.0.1:${portOf(noStore)}/`,
    SNAPD_EXTRA_TRUSTED: join(folder, 'trusted.assert'),
    // Otherwise an idle daemon would exit and wait for systemd to start it again.
    SNAPD_STANDBY_WAIT: '24h',
    SNAP_REEXEC: '0',
    SNAPD_PID_FILE: join(folder, 'snapd.pid'),
    SYSTEMCTL_SHIM_LOG: join(folder, 'systemctl.log'),
  };
}

function supervise(folder: string, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(join(folder, 'snapd.log'), 'a');
  const script = join(import.meta.dirname, 'supervise.sh');
  const supervisor = spawn('unshare', ['--mount', '--propagation', 'private', script], {
    env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return supervisor;
}
