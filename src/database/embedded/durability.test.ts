import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { bundleForNode } from '../../../test/support/run-ts.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

const ROUNDS = 5;
/** A round ends at a random moment, at most this long after its first row. */
const LONGEST_ROUND_MS = 400;

/** Every process of the server; all of them work in the data folder. */
function serverProcesses(data: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === data;
      } catch {
        return false;
      }
    });
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The process ended by itself, which is equally good.
    }
  }
}

/** Writes until everything is killed. @returns the numbers that were acknowledged */
async function writeAndKill(program: string, dataDir: string, first: number): Promise<number[]> {
  const child = spawn(process.execPath, [program, dataDir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: number[] = [];
  const lines = createInterface(child.stdout);
  const closed = once(lines, 'close');
  lines.on('line', (line) => acknowledged.push(Number(line)));
  await once(lines, 'line');
  await sleep(Math.random() * LONGEST_ROUND_MS);
  child.kill('SIGKILL');
  const processes = serverProcesses(join(dataDir, 'postgres'));
  expect(processes.length).toBeGreaterThan(1);
  killAll(processes);
  await closed;
  return acknowledged;
}

it('keeps every acknowledged row when all processes are killed at any moment', async () => {
  const program = await bundleForNode(resolve(import.meta.dirname, '../../../test/support/writing-child.ts'));
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'durability-')));
  const acknowledged: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // One more: the row of the round before that was written but not acknowledged.
    acknowledged.push(...(await writeAndKill(program, dataDir, round * 1_000_000)));
    const server = await EmbeddedPostgres.acquire(dataDir);
    const client = new Client({ ...server.connection, ssl: false });
    await client.connect();
    const { rows } = await client.query<{ id: number }>('select id from acknowledged');
    const kept = new Set(rows.map(({ id }) => id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(kept.size - acknowledged.length).toBeLessThanOrEqual(round + 1);
    await client.end();
    await server.release();
  }
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  rmSync(dataDir, { recursive: true });
});
