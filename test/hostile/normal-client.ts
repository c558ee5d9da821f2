import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { rowSnapId } from '../bench/catalogue-rows.js';
import { refreshBody } from '../bench/snapd-request.js';
import { openSession, sessionHeader } from './device-talk.js';
import { get, post } from './http-bytes.js';
import { RawConnection } from './raw-connection.js';
import { OVERRIDES, REFRESH } from './requests.js';
import type { Target } from './target.js';

/** Ordinary devices, each with its own address. Each refreshes once a second, at a different moment. */
const ADDRESSES = ['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.14'];
const OPERATOR_ADDRESS = '127.0.0.15';
const PERIOD_MS = 1_000;
/** The operator's first request comes during the attack. A password that was verified before is remembered. */
const OPERATOR_DELAY_MS = 4_000;
/** Longest wait for an answer after the attack. A request without an answer by then has failed. */
const PATIENCE_MS = 30_000;
const INSTALLED_SNAPS = 30;

/** Answers of one kind of client. */
export interface Experience {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The most that was left out of one latency, because server or client waited for a core. */
  readonly maxWaitedMs: number;
  readonly asked: number;
  /** By status, without 200; `none` if no answer came. */
  readonly failures: Readonly<Record<string, number>>;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/**
 * How long the main threads of processes could run, but the kernel ran something else. Attacker and clients share the
 * cores with the server here, and sometimes other users of the machine: that is no delay by the store.
 *
 * @see proc(5): `schedstat`, whose second number is in nanoseconds
 */
class CoreWaits {
  constructor(private readonly pids: readonly number[]) {}

  /** Of each process, in milliseconds since it started. */
  now(): number[] {
    return this.pids.map((pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6);
  }

  /** The longest of them since a moment: they may have waited at the same time. */
  since(before: readonly number[]): number {
    return Math.max(...this.now().map((waited, index) => waited - (before[index] ?? 0)));
  }
}

/**
 * Sends the same request at fixed moments, whether or not the previous answer has arrived, as separate devices
 * would.
 */
class Client {
  private readonly latencies: number[] = [];
  private maxWaitedMs = 0;
  private readonly failures: Record<string, number> = {};
  private readonly open = new Set<RawConnection>();
  private readonly asking: Promise<void>[] = [];
  private readonly stopped = new AbortController();
  private readonly working: Promise<void>;

  constructor(
    private readonly target: Target,
    private readonly address: string,
    private readonly bytes: Buffer,
    private readonly coreWaits: CoreWaits,
    delayMs: number,
  ) {
    this.working = this.work(delayMs).catch(() => undefined);
  }

  /** Sends no more requests, and waits for the pending answers. */
  async stop(): Promise<{
    latencies: number[];
    maxWaitedMs: number;
    failures: Record<string, number>;
  }> {
    this.stopped.abort();
    await this.working;
    const patience = setTimeout(() => this.open.forEach((one) => one.end()), PATIENCE_MS);
    await Promise.all(this.asking);
    clearTimeout(patience);
    const { latencies, maxWaitedMs, failures } = this;
    return { latencies, maxWaitedMs, failures };
  }

  private async work(delayMs: number): Promise<void> {
    const { signal } = this.stopped;
    const begin = performance.now() + delayMs;
    for (let turn = 0; ; turn += 1) {
      await sleep(Math.max(0, begin + turn * PERIOD_MS - performance.now()), undefined, { signal });
      this.asking.push(this.askOnce());
    }
  }

  /** On its own connection: a real device refreshes only every few hours. */
  private async askOnce(): Promise<void> {
    const begin = performance.now();
    const waits = this.coreWaits.now();
    const connection = await RawConnection.open(this.target, this.address);
    if (connection) this.open.add(connection);
    const answer = await connection?.ask(this.bytes);
    const waitedMs = this.coreWaits.since(waits);
    this.maxWaitedMs = Math.max(this.maxWaitedMs, waitedMs);
    this.latencies.push(Math.max(0, performance.now() - begin - waitedMs));
    if (answer?.status !== 200) {
      const outcome = String(answer?.status ?? 'none');
      this.failures[outcome] = (this.failures[outcome] ?? 0) + 1;
    }
    if (connection) this.open.delete(connection);
    connection?.end();
  }
}

async function experienceOf(clients: readonly Client[]): Promise<Experience> {
  const all = await Promise.all(clients.map((client) => client.stop()));
  const sorted = all.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b);
  const failures: Record<string, number> = {};
  for (const [outcome, count] of all.flatMap((one) => Object.entries(one.failures)))
    failures[outcome] = (failures[outcome] ?? 0) + count;
  return {
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? Number.NaN,
    maxWaitedMs: Math.max(0, ...all.map(({ maxWaitedMs }) => maxWaitedMs)),
    asked: sorted.length,
    failures,
  };
}

/** Clients that use the store normally while it is attacked. */
export class NormalClients {
  private constructor(
    private readonly devices: readonly Client[],
    private readonly operators: readonly Client[],
  ) {}

  /**
   * Opens a session for each device, and lets each refresh until {@link stop}.
   *
   * @param serverPid - of the store
   * @param password - of the operator, who sends requests too if it is given
   */
  static async start(target: Target, serverPid: number, password?: string): Promise<NormalClients> {
    const installed = Array.from({ length: INSTALLED_SNAPS }, (_, index) => ({
      snapId: rowSnapId(index + 1),
      revision: 1,
    }));
    const body = refreshBody(installed);
    const coreWaits = new CoreWaits([serverPid, process.pid]);
    const sessions = await Promise.all(ADDRESSES.map((address) => sessionAt(target, address)));
    const devices = ADDRESSES.map((address, index) => {
      const bytes = post(REFRESH, body, { ...sessionHeader(sessions[index] ?? ''), Connection: 'close' });
      return new Client(target, address, bytes, coreWaits, (index * PERIOD_MS) / ADDRESSES.length);
    });
    const credentials = Buffer.from(`admin:${password ?? ''}`).toString('base64');
    const ask = get(`${OVERRIDES}/bench-1`, { Authorization: `Basic ${credentials}`, Connection: 'close' });
    const operators =
      password === undefined ? [] : [new Client(target, OPERATOR_ADDRESS, ask, coreWaits, OPERATOR_DELAY_MS)];
    return new NormalClients(devices, operators);
  }

  async stop(): Promise<{ devices: Experience; operator: Experience | undefined }> {
    const [devices, operator] = await Promise.all([
      experienceOf(this.devices),
      this.operators.length > 0 ? experienceOf(this.operators) : undefined,
    ]);
    return { devices, operator };
  }
}

async function sessionAt(target: Target, address: string): Promise<string> {
  const connection = await RawConnection.open(target, address);
  const session = await openSession((bytes) => connection?.ask(bytes) ?? Promise.resolve(undefined), address);
  connection?.end();
  if (session === undefined) throw new Error(`the store opens no session for ${address}`);
  return session;
}
