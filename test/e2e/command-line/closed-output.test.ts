import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collect, PROGRAM, run, type Outcome } from '../../support/program.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

/** Long enough that the signal arrives while it is written. */
const BIG_BYTES = 64 << 20;

const publisher = new TestPublisher();
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'closed-output-'));
  // The account of the embedded database needs access if root runs the tests.
  chmodSync(directory, 0o755);
  const root = await publisher.writeRoot(directory);
  await run(['--data', join(directory, 'data'), 'config', `proxy.trusted-assertions=${root}`]);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a command in a shell with redirected output. The status is that of the command. */
async function redirected(redirection: string, ...words: string[]): Promise<Outcome> {
  const command = [process.execPath, PROGRAM, '--data', join(directory, 'data'), ...words];
  const script = `"$@" ${redirection}; exit "\${PIPESTATUS[0]}"`;
  return await collect(
    spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** The processes whose arguments name the data directory. */
function processesOfStore(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((command) => command.includes(directory));
}

describe('a reader that closes before anything is printed', () => {
  // The command starts and stops the embedded database, which must not stay.
  it.each([
    [['status']],
    [['config']],
    [['config', '--export-yaml']],
    [['list-pushed-snaps', '--json']],
    [['secrets-key', 'export']],
    [['completion', 'bash']],
    [['push-snap', '--help']],
    [['demo', '--once']],
  ])('%j ends normally, without a message or a remaining process', async (words) => {
    expect(await redirected('| true', ...words)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(processesOfStore()).toEqual([]);
  });

  it('does not prevent a push from pushing every file', async () => {
    const snaps: string[] = [];
    for (const name of ['reader-a', 'reader-b', 'reader-c'])
      snaps.push(await writePair(directory, publisher.snap({ name, revision: 1 })));
    expect(await redirected('| true', 'push-snap', ...snaps)).toMatchObject({ status: 0, stderr: '' });
    const { stdout } = await run(['--data', join(directory, 'data'), 'list-pushed-snaps']);
    for (const name of ['reader-a', 'reader-b', 'reader-c']) expect(stdout).toContain(name);
  });
});

it.each([
  [['status']],
  [['list-pushed-snaps', '--json']],
  [['config', '--export-yaml']],
  [['completion', 'bash']],
])('reports in one line that a full disk prevents the result of %j, and exits with 1', async (words) => {
  const { status, stderr } = await redirected('>/dev/full', ...words);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: cannot print the result: [^\n]*ENOSPC[^\n]*\n$/);
  expect(processesOfStore()).toEqual([]);
});

describe('Ctrl-C', () => {
  const data = () => join(directory, 'data');
  const incoming = () => readdirSync(join(data(), 'blobs/incoming'));
  const big = publisher.snap({ name: 'interrupted', revision: 1, padding: randomBytes(BIG_BYTES) });

  /** Starts a command, pauses it in the middle, and sends it a signal that it receives when it continues. */
  async function interrupted(
    signal: NodeJS.Signals,
    isInTheMiddle: () => boolean,
    ...words: string[]
  ): Promise<Outcome> {
    const child = spawn(process.execPath, [PROGRAM, '--data', data(), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = collect(child);
    while (!isInTheMiddle() && child.exitCode === null) await sleep(2);
    child.kill('SIGSTOP');
    expect(isInTheMiddle()).toBe(true);
    child.kill(signal);
    child.kill('SIGCONT');
    return await ended;
  }
  const isWriting = () => existsSync(join(data(), 'blobs/incoming')) && incoming().length > 0;

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'in a push (%s) removes what it wrote, reports that nothing changed, and leaves no process running',
    async (signal) => {
      const [before, after] = [
        publisher.snap({ name: 'before', revision: 1 }),
        publisher.snap({ name: 'after', revision: 1 }),
      ];
      const files: string[] = [];
      for (const snap of [before, big, after]) files.push(await writePair(directory, snap));
      expect(await interrupted(signal, isWriting, 'push-snap', files[1] ?? '', files[2] ?? '')).toEqual({
        status: 128 + constants.signals[signal],
        stdout: '',
        stderr: `error: cannot push ${files[1]}: interrupted; nothing changed\n`,
      });
      expect(incoming()).toEqual([]);
      expect(processesOfStore()).toEqual([]);
      const { stdout } = await run(['--data', data(), 'list-pushed-snaps']);
      expect(stdout).not.toMatch(/interrupted|after/);
    },
  );

  it('in any other command stops the database that it started', async () => {
    // Only a server that has written its process id can be told to stop.
    const isRunning = () =>
      existsSync(join(data(), 'postgres/postmaster.pid')) &&
      processesOfStore().some((command) => command.includes('postgres -D'));
    expect(await interrupted('SIGINT', isRunning, 'list-pushed-snaps')).toMatchObject({
      status: 128 + constants.signals.SIGINT,
      stderr: '',
    });
    // The program does not wait for a server that was still starting.
    await vi.waitFor(() => expect(processesOfStore()).toEqual([]), 60_000);
  });
});
