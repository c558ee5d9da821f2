import { join } from 'node:path';
import { fillCatalogue, rowSnapId } from './catalogue-rows.js';
import { rssMb } from './processes.js';
import { progress } from './report.js';
import { DEVICE_HEADERS, refreshBody } from './snapd-request.js';
import { StoreUnit } from './store-unit.js';
import { missingTool } from './tools.js';
import type { World } from './world.js';

const CONNECTIONS = 32;
const SECONDS = 3;
const FEW = 100;
const MANY = 10_000;
/** As many as one request may name. */
const SNAPS_A_REQUEST = 1_000;
const PATH = '/v2/snaps/refresh';
const HEADERS = { ...DEVICE_HEADERS, 'Content-Type': 'application/json' };

function installed(number: number): { snapId: string; revision: number } {
  return { snapId: rowSnapId(number), revision: 1 };
}

/** A serving store with so many snaps. @param prepare - does more to its data before it serves */
export async function storeWith(
  world: World,
  snaps: number,
  name = 'catalogue',
  prepare?: (dataDir: string) => Promise<void>,
): Promise<StoreUnit> {
  const unit = await StoreUnit.create(world.program, join(world.directory, `${name}-${snaps}`));
  await unit.run('list-pushed-snaps', '--json');
  await fillCatalogue(unit.dataDir, snaps, world.publisher);
  await prepare?.(unit.dataDir);
  await unit.serve();
  return unit;
}

/** Asks for every snap once, so that what is measured is a server that has been up for a while. */
async function askForAll(unit: StoreUnit, snaps: number): Promise<void> {
  for (let first = 1; first <= snaps; first += SNAPS_A_REQUEST) {
    const count = Math.min(SNAPS_A_REQUEST, snaps - first + 1);
    const body = refreshBody(Array.from({ length: count }, (_, index) => installed(first + index)));
    const text = await (await fetch(unit.url + PATH, { method: 'POST', headers: HEADERS, body })).text();
    const answered = text.split('"result":"refresh"').length - 1;
    if (answered !== count)
      throw new Error(`${count} snaps were asked for, ${answered} found: ${text.slice(0, 500)}`);
  }
}

/** Refresh of one snap by chance, with 10,000 snaps in the catalogue against 100. */
export async function benchCatalogue(world: World): Promise<void> {
  const { report, load } = world;
  const missing = missingTool('wrk', 'wrk');
  if (missing !== undefined)
    return report.missing(['refresh_10000_vs_100', 'rss_10000_mb', 'memory_per_1000_snaps_kb'], missing);
  progress('filling catalogues');
  const sizes = [MANY, FEW];
  const units = await Promise.all(sizes.map((size) => storeWith(world, size)));
  for (const [index, unit] of units.entries()) await askForAll(unit, sizes[index] ?? 0);
  const run = async (index: number, seconds: number) => {
    const bodies = Array.from({ length: sizes[index] ?? 0 }, (_, number) =>
      refreshBody([installed(number + 1)]),
    );
    const wanted = { path: PATH, bodies, headers: HEADERS, connections: CONNECTIONS, seconds };
    return (await load.run(units[index]?.url ?? '', wanted)).requestsPerSecond;
  };
  const [many, few]: [number[], number[]] = [[], []];
  for (const index of [0, 1]) await run(index, SECONDS);
  for (let pair = 1; pair <= report.pairs; pair += 1) {
    progress(`refresh of 10,000 against 100, pair ${pair}`);
    many.push(await run(0, SECONDS));
    few.push(await run(1, SECONDS));
  }
  report.ratio('refresh_10000_vs_100', many, few);
  const [ofMany, ofFew] = units.map(({ server }) => rssMb(server, 'VmRSS'));
  if (ofMany !== undefined) report.value('rss_10000_mb', ofMany);
  if (ofMany !== undefined && ofFew !== undefined)
    report.value('memory_per_1000_snaps_kb', ((ofMany - ofFew) * 1_024 * 1_000) / (MANY - FEW));
  for (const unit of units) await unit.stop();
}
