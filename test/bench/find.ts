import { Agent, request } from 'node:http';
import { describeCatalogue } from './catalogue-rows.js';
import { storeWith } from './catalogue.js';
import { progress } from './report.js';
import { DEVICE_HEADERS } from './snapd-request.js';
import type { StoreUnit } from './store-unit.js';
import type { World } from './world.js';

const SNAPS = 10_000;
/** Devices that ask at the same time. */
const CONNECTIONS = 4;
const SEARCHES = 500;
const PERCENTILE = 0.99;

/** What snapd asks for: snapcore/snapd: store/details_v2.go, storeSearchResult. */
const FIND_FIELDS =
  'base,channel,common-ids,confinement,contact,description,download,license,links,media,prices,private,publisher,revision,store-url,summary,title,type,version,website';

/** One search after another: names, their beginnings, one word, two, one with a slip, and what is featured. */
function searches(words: readonly string[]): string[] {
  const word = (index: number) => words[index % words.length] ?? '';
  const kinds = [
    (i: number) => `q=bench-${(i * 7_919) % SNAPS}`,
    (i: number) => `q=bench-${(i * 13) % 100}`,
    (i: number) => `q=${word(i)}`,
    (i: number) => `q=${word(i)}+${word(i * 31 + 7)}`,
    (i: number) => `q=${word(i).slice(0, 3)}x${word(i).slice(3)}`,
    (i: number) => `name=bench-${i}`,
    () => 'category=featured',
  ];
  return Array.from({ length: SEARCHES }, (_, i) => kinds[i % kinds.length]?.(i) ?? '');
}

async function ask(agent: Agent, url: string): Promise<number> {
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    request(url, { agent, headers: DEVICE_HEADERS }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answers ${response.statusCode}`));
      response.on('error', reject).on('end', resolve).resume();
    })
      .on('error', reject)
      .end();
  });
  return performance.now() - begin;
}

/** @returns milliseconds of each search, from the question to the last byte of the answer */
async function askAll(unit: StoreUnit, queries: readonly string[]): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const open = [...queries];
  const latencies: number[] = [];
  const device = async () => {
    for (let query = open.shift(); query !== undefined; query = open.shift()) {
      const rest = `architecture=amd64&confinement=strict%2Cclassic&channel=stable&fields=${FIND_FIELDS}`;
      latencies.push(await ask(agent, `${unit.url}/v2/snaps/find?${query}&${rest}`));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, device));
  agent.destroy();
  return latencies;
}

/** How long devices wait for a search among 10,000 snaps, at the 99th percentile. */
export async function benchFind(world: World): Promise<void> {
  const { report } = world;
  progress('filling a catalogue to search');
  const words: string[] = [];
  const unit = await storeWith(world, SNAPS, 'find', async (dataDir) => {
    words.push(...(await describeCatalogue(dataDir)));
  });
  const queries = searches(words);
  // What is measured is a server that has been up for a while.
  await askAll(unit, queries);
  const measured: number[] = [];
  for (let round = 1; round <= report.pairs; round += 1) {
    progress(`find among 10,000, round ${round}`);
    const latencies = (await askAll(unit, queries)).toSorted((a, b) => a - b);
    measured.push(latencies[Math.ceil(latencies.length * PERCENTILE) - 1] ?? Number.NaN);
  }
  report.medianOf('find_p99_ms', measured);
  await unit.stop();
}
