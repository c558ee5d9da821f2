import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { jsonPart, withManifest, writeArchive } from '../support/input-forms.js';
import { png } from '../support/pictures.js';
import { backendsOf, PushChild, settled } from '../support/push-child.js';
import { StoreApp } from '../support/store-app.js';
import { type TarPart } from '../support/tar-file.js';
import { partsOf, TestPublisher } from '../support/test-snaps.js';

const KILLS = 110;
const SNAPS = 8;
/** Every fifth killed push is followed by one that completes. */
const COMPLETE_EVERY = 5;
const SNAP_BYTES = 1 << 20;

const publisher = new TestPublisher();
const snaps = Array.from({ length: SNAPS }, (_, index) =>
  publisher.snap({ name: `killed-${index}`, revision: index + 1, padding: randomBytes(SNAP_BYTES) }),
);
const picture = png(20_000);
/** The final place of each file. */
const placed = [...snaps.map(({ digest }) => digest), sha3_384(picture)].map((digest) => {
  const hex = digest.toString('hex');
  return join('blobs', hex.slice(0, 2), hex.slice(2, 4), hex);
});
let store: StoreApp;
let bundle: string;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
  bundle = await writeArchive(store.directory, withManifest([...partsOf(snaps), ...listing()]));
});
afterAll(() => store.stop());

/** One of the snaps is listed with a picture. */
function listing(): TarPart[] {
  const { name = '', snapId } = snaps[0] ?? {};
  const file = `${name}/media/${sha3_384(picture).toString('hex')}.png`;
  const media = [{ type: 'icon', file }];
  return [
    jsonPart(`${name}/metadata.json`, { name, 'snap-id': snapId, snap: {}, media }),
    { name: file, bytes: picture },
  ];
}

const TABLES = ['assertion', 'blob', 'snap', 'import_job', 'snap_revision', 'channel_release', 'snap_media'];
const OLD = TABLES.map(() => 0);
/** Store key, account, and two assertions for each snap. */
const NEW = [2 + 2 * SNAPS, SNAPS + 1, SNAPS, 1, SNAPS, SNAPS, 1];

async function rowCounts(): Promise<number[]> {
  const counts = TABLES.map((table) => `(select count(*)::int from ${table})`).join(', ');
  const [row] = await store.query<{ counts: number[] }>(`select array[${counts}] as counts`);
  return row?.counts ?? [];
}

async function makeEmpty(): Promise<void> {
  await store.query(`truncate ${TABLES.join(', ')} cascade`);
  rmSync(join(store.dataDir, 'blobs'), { recursive: true, force: true });
}

/** Checks that every row has its complete file, and that every file has the name of its digest. */
async function checkFiles(): Promise<void> {
  const rows = await store.query<{ hex: string }>(`select encode(sha3_384, 'hex') as hex from blob`);
  for (const { hex } of rows)
    expect(existsSync(join(store.dataDir, 'blobs', hex.slice(0, 2), hex.slice(2, 4), hex))).toBe(true);
  for (const file of placed.map((path) => join(store.dataDir, path)).filter((path) => existsSync(path)))
    expect(file.endsWith(sha3_384(readFileSync(file)).toString('hex'))).toBe(true);
}

/** Numbers from 0 to 1 that are the same in every run. */
function* seededNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Runs a push to its end. */
async function complete(file: string): Promise<{ child: PushChild; status: number | null; tookMs: number }> {
  const start = performance.now();
  const child = new PushChild(store.dataDir, file);
  const status = await child.end();
  return { child, status, tookMs: performance.now() - start };
}

/** Waits until this many files have their names: a moment between the first rename and the commit. */
async function untilPlaced(child: PushChild, count: number): Promise<void> {
  const countPlaced = () => placed.filter((path) => existsSync(join(store.dataDir, path))).length;
  // The start is long and the renames are short, so polling is fast only after the first file is being written.
  const isWriting = () => existsSync(join(store.dataDir, 'blobs'));
  while (child.isRunning && !isWriting()) await sleep(5);
  while (child.isRunning && countPlaced() < count) await new Promise(setImmediate);
}

it(`leaves the old or the new state if it is killed, at ${KILLS} moments`, async () => {
  const { tookMs: startMs } = await complete(join(store.directory, 'absent.snap'));
  let { tookMs: fullMs } = await complete(bundle);
  expect(await rowCounts()).toEqual(NEW);
  await makeEmpty();
  const random = seededNumbers(20_261_122);
  const seen = { old: 0, new: 0, filesWithoutRows: 0, completed: 0 };
  for (let round = 0; round < KILLS; round += 1) {
    const before = await backendsOf(store);
    const child = new PushChild(store.dataDir, bundle);
    // Every third push is killed while files get their names; the others at any time from the start to after the end.
    if (round % 3 === 0) await untilPlaced(child, 1 + Math.floor(random.next().value * SNAPS));
    else await sleep(startMs * 0.7 + random.next().value * (fullMs * 1.1 - startMs * 0.7));
    child.kill();
    const status = await child.end();
    await settled(store, before);
    const counts = await rowCounts();
    const isNew = counts[0] !== 0;
    expect(counts, `kill ${round}`).toEqual(isNew ? NEW : OLD);
    // A reported success is complete.
    if (status === 0 || child.stdout.includes('Uploaded')) expect(isNew, child.stdout).toBe(true);
    await checkFiles();
    seen[isNew ? 'new' : 'old'] += 1;
    if (!isNew && round % 3 === 0 && placed.some((path) => existsSync(join(store.dataDir, path))))
      seen.filesWithoutRows += 1;
    if (round % COMPLETE_EVERY === 0) {
      const again = await complete(bundle);
      expect(again.status, again.child.stderr).toBe(0);
      // The machine may be slower now: later kills must still reach past the end.
      fullMs = Math.max(fullMs, again.tookMs);
      expect(await rowCounts()).toEqual(NEW);
      await checkFiles();
      // The incomplete files of the killed pushes are removed too.
      expect((await store.blobFiles()).filter((name) => name.startsWith('incoming'))).toEqual([]);
      expect(await store.blobFiles()).toHaveLength(SNAPS + 1);
      seen.completed += 1;
    }
    if (isNew || round % COMPLETE_EVERY === 0 || round % 3 === 2) await makeEmpty();
  }
  // The test is only valid if kills came early, late and in between.
  const pace = `a push takes ${Math.round(fullMs)} ms, ${Math.round(startMs)} ms of it to start`;
  expect(
    Math.min(seen.old, seen.new, seen.filesWithoutRows),
    `${JSON.stringify(seen)}; ${pace}`,
  ).toBeGreaterThan(0);
});
