import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** `getconf CLK_TCK`: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const STOP_PATIENCE_MS = 20_000;
const POLL_MS = 20;
const READY_PATIENCE_MS = 60_000;

const running = new Set<ChildProcess>();

/** Starts a process that the end of the bench stops, whatever happens. */
export function startProcess(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Asks a process to end, and makes it after a while. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await ended;
  clearTimeout(kill);
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stopProcess));
}

/** What a finished process said and took. */
export interface Run {
  readonly stdout: string;
  readonly wallSeconds: number;
  /** Most memory that it held; only measured where asked for. */
  readonly peakRssMb: number;
}

/** Runs a program to its end. @throws Error with what it said where it fails */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { watchRss = false, env }: { watchRss?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  const begin = performance.now();
  const child = startProcess(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(env && { env }) });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let wallSeconds = 0;
  child.once('exit', () => (wallSeconds = (performance.now() - begin) / 1_000));
  let peakRssMb = 0;
  const watch = watchRss
    ? setInterval(() => (peakRssMb = rssMb(child, 'VmHWM') ?? peakRssMb), POLL_MS)
    : undefined;
  const [status] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return { stdout, wallSeconds, peakRssMb };
}

/** Memory of a running process, now (`VmRSS`) or at its highest (`VmHWM`); undefined once it is gone. */
export function rssMb({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    )?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}

/** The numbers after a process's name, which may hold spaces itself: proc(5), /proc/pid/stat. */
function statFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** CPU seconds that a process and its descendants have used, those that have ended too. */
export function cpuSeconds(pid: number): number {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(statFields(Number(name))[1]) }));
  const family = [pid];
  for (const one of family)
    family.push(...parents.filter(({ parent }) => parent === one).map((child) => child.pid));
  // utime, stime, and of children that were waited for: cutime, cstime.
  const ticks = family.map((one) =>
    statFields(one)
      .slice(11, 15)
      .reduce((sum, text) => sum + Number(text), 0),
  );
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

/** Waits until a server answers. @throws Error where it ended or never does */
export async function untilAnswers(
  child: ChildProcess,
  url: string,
  isReady = (status: number) => status < 500,
): Promise<void> {
  const deadline = performance.now() + READY_PATIENCE_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const response = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
    await response?.arrayBuffer();
    if (response && isReady(response.status)) return;
    await sleep(POLL_MS / 2);
  }
  throw new Error(`nothing answers at ${url}`);
}
