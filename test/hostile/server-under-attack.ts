import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, rssMb } from '../bench/processes.js';
import type { HostileWorld } from './hostile-world.js';
import { get } from './http-bytes.js';
import { RawConnection } from './raw-connection.js';
import type { Target } from './target.js';

const WATCH = join(import.meta.dirname, 'loop-watch.mjs');
/** An event loop that does not report for this long is blocked for at least as long. */
const LOOP_PATIENCE_MS = 30_000;
const SAMPLE_MS = 200;
/** A process that uses no more CPU than this in such a time is idle. */
const SETTLE_MS = 300;
const IDLE_SECONDS = 0.02;
/** A server with more memory is stopped: the limit is clearly exceeded, and the machine has other users. */
const ENOUGH_RSS_MB = 4_096;

/** CPU used by the server and the database. */
export interface CpuSeconds {
  readonly node: number;
  readonly database: number;
}

/** The built program as it is installed, with a real database, measured from outside. */
export class ServerUnderAttack {
  private databasePeakMb = 0;
  private readonly sampling: NodeJS.Timeout;

  private constructor(
    private readonly world: HostileWorld,
    readonly target: Target,
    private readonly onTooLarge: () => void,
  ) {
    this.sampling = setInterval(() => this.sample(), SAMPLE_MS);
  }

  /** @param onTooLarge - called if the server uses so much memory that the round must end */
  static async start(
    world: HostileWorld,
    { tls = false, onTooLarge = () => undefined }: { tls?: boolean; onTooLarge?: () => void } = {},
  ): Promise<ServerUnderAttack> {
    const log = openSync(join(world.store.dataDir, 'server.log'), 'w');
    try {
      await world.store.serve({
        nodeArguments: ['--import', WATCH],
        stdio: ['ignore', log, log, 'ipc'],
        isReady: (status) => status === 200 || (tls && status === 308),
      });
    } finally {
      closeSync(log);
    }
    const server = new ServerUnderAttack(world, world.target(tls), onTooLarge);
    if (tls) await server.untilTlsAnswers();
    return server;
  }

  get pid(): number {
    return this.world.store.server.pid;
  }

  /** Longest time that the event loop was blocked since the last call, in milliseconds. */
  async loopBlockMs(): Promise<number> {
    const { server } = this.world.store;
    const answer = new Promise<number>((settle) => {
      server.once('message', (message: { longestMs: number }) => settle(message.longestMs));
    });
    server.send('loop');
    return await Promise.race([answer, sleep(LOOP_PATIENCE_MS, LOOP_PATIENCE_MS, { ref: false })]);
  }

  /** CPU seconds that the server and the database have used so far. */
  cpuSeconds(): CpuSeconds {
    return { node: cpuSeconds(this.world.store.server.pid), database: cpuSeconds(this.world.databasePid) };
  }

  /** Waits until server and database are idle. @returns the CPU seconds until then */
  async settled(): Promise<CpuSeconds> {
    for (let before = this.cpuSeconds(); ;) {
      await sleep(SETTLE_MS);
      const now = this.cpuSeconds();
      if (now.node - before.node + now.database - before.database <= IDLE_SECONDS) return now;
      before = now;
    }
  }

  memory(): { peakMb: number; databasePeakMb: number } {
    return {
      peakMb: rssMb(this.world.store.server, 'VmHWM') ?? Number.NaN,
      databasePeakMb: this.databasePeakMb,
    };
  }

  logBytes(): number {
    return readFileSync(join(this.world.store.dataDir, 'server.log')).length;
  }

  async stop(): Promise<void> {
    clearInterval(this.sampling);
    await this.world.store.stop();
  }

  private sample(): void {
    this.databasePeakMb = Math.max(this.databasePeakMb, familyMb(this.world.databasePid));
    if ((rssMb(this.world.store.server, 'VmRSS') ?? 0) > ENOUGH_RSS_MB) this.onTooLarge();
  }

  private async untilTlsAnswers(): Promise<void> {
    for (;;) {
      const connection = await RawConnection.open(this.target, '127.0.0.1');
      const answer = await connection?.ask(get('/_status/check'));
      connection?.end();
      if (answer?.status === 200) return;
      await sleep(SAMPLE_MS);
    }
  }
}

/** Memory of a process and its children, each page counted once: proc(5), smaps_rollup. */
function familyMb(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ');
    } catch {
      return [];
    }
  });
  let kilobytes = 0;
  for (const one of [String(pid), ...children]) {
    try {
      kilobytes += Number(
        /^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1] ?? 0,
      );
    } catch {
      // It has ended meanwhile.
    }
  }
  return kilobytes / 1_024;
}
