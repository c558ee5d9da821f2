import { Agent, request } from 'node:http';
import { describeCatalogue } from './catalogue-rows.js';
import { storeWith } from './catalogue.js';
import { progress } from './report.js';
import type { World } from './world.js';

const SNAPS = 10_000;
const PAGE_ROWS = 100;

/** Pages that an operator asks for: the first, the last, in another order, filtered, searched. */
const QUERIES = [
  'sort=name',
  'sort=-name',
  'sort=-updated',
  'name-prefix=bench-9',
  'architecture=amd64',
  'channel=stable&architecture=amd64',
  'category=featured',
  'q=bench-77',
];

interface Answer {
  readonly milliseconds: number;
  readonly next: string | null;
  readonly rows: number;
}

async function ask(agent: Agent, url: string, token: string): Promise<Answer> {
  const begin = performance.now();
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answers ${response.statusCode}`));
      const pieces: Buffer[] = [];
      response
        .on('error', reject)
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', () => resolve(Buffer.concat(pieces).toString()));
    })
      .on('error', reject)
      .end();
  });
  const milliseconds = performance.now() - begin;
  const { items, next } = JSON.parse(text) as { items: unknown[]; next: string | null };
  return { milliseconds, next, rows: items.length };
}

/** How long an operator waits for a page of the list of 10,000 snaps: each kind of page, and each page to the end. */
export async function benchManagement(world: World): Promise<void> {
  const { report } = world;
  progress('filling a catalogue to list');
  const unit = await storeWith(world, SNAPS, 'management', async (dataDir) => {
    await describeCatalogue(dataDir);
  });
  const { stdout } = await unit.run('create-token', 'bench', '--role', 'viewer');
  const token = stdout.trim();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const list = `${unit.url}/admin/v1/snaps?limit=${PAGE_ROWS}`;
  const pages: number[] = [];
  const slowest: Record<string, number[]> = {};
  for (let round = 0; round <= report.pairs; round += 1) {
    progress(`list of 10,000 snaps, round ${round}`);
    const latencies: number[] = [];
    let rows = 0;
    for (let after = ''; ;) {
      const page = await ask(agent, `${list}${after}`, token);
      latencies.push(page.milliseconds);
      rows += page.rows;
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    if (rows !== SNAPS) throw new Error(`the list has ${rows} of ${SNAPS} snaps`);
    // The first round warms up.
    if (round > 0)
      pages.push(latencies.toSorted((a, b) => a - b)[Math.ceil(latencies.length * 0.99) - 1] ?? NaN);
    for (const query of QUERIES) {
      const { milliseconds } = await ask(agent, `${list}&${query}`, token);
      if (round > 0) (slowest[query] ??= []).push(milliseconds);
    }
  }
  agent.destroy();
  report.medianOf('snaps_page_p99_ms', pages);
  for (const [query, measured] of Object.entries(slowest))
    report.medianOf(`snaps_page_ms ${query}`, measured);
  await unit.stop();
}
