import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleForNode } from '../support/run-ts.js';
import type { Attack } from './attack.js';
import type { Order } from './attacker.js';
import type { Tally } from './flood.js';
import { PASSWORD, type HostileWorld } from './hostile-world.js';
import { NormalClients, type Experience } from './normal-client.js';
import { ServerUnderAttack } from './server-under-attack.js';
import type { Target } from './target.js';

const ATTACKER = join(import.meta.dirname, 'attacker.ts');
/** The normal clients continue for a while, because the after-effects of an attack are part of it. */
const AFTERMATH_MS = 2_000;

/** The effect of one attack on the store. */
export interface Round {
  readonly sent: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly normal: Experience;
  readonly operator: Experience | undefined;
  readonly peakRssMb: number;
  readonly databasePeakMb: number;
  readonly loopBlockMs: number;
  /** CPU seconds of server and database during the attack. */
  readonly cpu: { readonly node: number; readonly database: number };
  /** How much the database has grown. */
  readonly grownMb: number;
  readonly logBytes: number;
}

/** Runs one attacker on one address for some seconds, together with ordinary devices. */
export async function runRound(world: HostileWorld, attack: Attack, seconds: number): Promise<Round> {
  const tooLarge = new AbortController();
  const server = await ServerUnderAttack.start(world, {
    tls: attack.tls === true,
    onTooLarge: () => tooLarge.abort(),
  });
  try {
    const { target } = server;
    const attacker = await Attacker.ready(attack, target, seconds);
    const before = await world.databaseMb();
    const clients = await NormalClients.start(target, server.pid, attack.withOperator ? PASSWORD : undefined);
    // The first requests of a server take longer.
    await sleep(AFTERMATH_MS);
    await server.loopBlockMs();
    const cpuBefore = server.cpuSeconds();
    const { sent, outcomes } = await attacker.attack(tooLarge.signal);
    await sleep(AFTERMATH_MS);
    const { devices, operator } = await clients.stop();
    const cpu = server.cpuSeconds();
    const { peakMb, databasePeakMb } = server.memory();
    return {
      sent,
      outcomes,
      normal: devices,
      operator,
      peakRssMb: peakMb,
      databasePeakMb,
      loopBlockMs: await server.loopBlockMs(),
      cpu: { node: cpu.node - cpuBefore.node, database: cpu.database - cpuBefore.database },
      grownMb: (await world.databaseMb()) - before,
      logBytes: server.logBytes(),
    };
  } finally {
    await server.stop();
  }
}

/** The process that attacks. */
class Attacker {
  private constructor(private readonly child: ReturnType<typeof fork>) {}

  /** Starts it and waits until it has made its requests. */
  static async ready(attack: Attack, target: Target, seconds: number): Promise<Attacker> {
    const child = fork(await bundleForNode(ATTACKER), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const order: Order = { attack: attack.name, target, seconds };
    child.send(order);
    const ready = once(child, 'message');
    const ended = once(child, 'exit').then(() =>
      Promise.reject(new Error('the attacker ended before it started')),
    );
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    return new Attacker(child);
  }

  /** @param stop - ends it early */
  async attack(stop: AbortSignal): Promise<Tally> {
    const { child } = this;
    let tally: Tally = { sent: Number.NaN, outcomes: { 'stopped: too much memory': 1 } };
    child.on('message', (message: Tally) => (tally = message));
    const ended = once(child, 'exit');
    stop.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    child.send('go');
    await ended;
    return tally;
  }
}
