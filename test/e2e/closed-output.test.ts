import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, PROGRAM, run, type Outcome } from '../support/program.js';
import { TestPublisher, writePair } from '../support/test-snaps.js';

const publisher = new TestPublisher();
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'closed-output-'));
  // The account of the embedded database has to get in where root runs the tests.
  chmodSync(directory, 0o755);
  const root = await publisher.writeRoot(directory);
  await run(['--data', join(directory, 'data'), 'config', `proxy.trusted-assertions=${root}`]);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a command in a shell, its output redirected; the status is the command's own. */
async function redirected(redirection: string, ...words: string[]): Promise<Outcome> {
  const command = [process.execPath, PROGRAM, '--data', join(directory, 'data'), ...words];
  const script = `"$@" ${redirection}; exit "\${PIPESTATUS[0]}"`;
  return await collect(
    spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Commands of processes that name the data directory. */
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

describe('a reader that went away before anything was printed', () => {
  // The embedded database is started and stopped by the command: nothing of it may stay.
  it.each([[['status']], [['config']], [['list-pushed-snaps', '--json']], [['demo', '--once']]])(
    '%j ends well, says nothing of it, and leaves no process behind',
    async (words) => {
      expect(await redirected('| true', ...words)).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(processesOfStore()).toEqual([]);
    },
  );

  it('does not keep a push from pushing every file', async () => {
    const snaps: string[] = [];
    for (const name of ['reader-a', 'reader-b', 'reader-c'])
      snaps.push(await writePair(directory, publisher.snap({ name, revision: 1 })));
    expect(await redirected('| true', 'push-snap', ...snaps)).toMatchObject({ status: 0, stderr: '' });
    const { stdout } = await run(['--data', join(directory, 'data'), 'list-pushed-snaps']);
    for (const name of ['reader-a', 'reader-b', 'reader-c']) expect(stdout).toContain(name);
  });
});

it('says in one line that a full disk keeps the result, and ends with 1', async () => {
  const { status, stderr } = await redirected('>/dev/full', 'status');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: cannot print the result: [^\n]*ENOSPC[^\n]*\n$/);
  expect(processesOfStore()).toEqual([]);
});
