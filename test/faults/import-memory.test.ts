import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/bundles/format/bundle-json.js';
import { assertionCost, ImportBudget, valueCost } from '../../src/bundles/reading/import-budget.js';
import {
  MAX_IMPORT_DOCUMENT_BYTES,
  MAX_IMPORT_HELD_BYTES,
  MAX_JSON_VALUES,
} from '../../src/common/limits.js';
import { AckService } from '../../src/imports/ack.service.js';
import { channelMapOf, descriptionOf, repeated, writeBomb } from '../support/bombs.js';
import { run, type Outcome } from '../support/program.js';
import { StoreApp } from '../support/store-app.js';
import { partsOf, TestPublisher } from '../support/test-snaps.js';

/** Far more than the program needs, and far less than the bombs would need. */
const HEAP_MEBIBYTES = 320;
const FILE_BYTES = 32 << 20;

const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

/** Pushes with a heap that is too small for a bomb. */
async function push(path: string): Promise<Outcome> {
  return await run(['--data', store.dataDir, 'push-snap', path], {
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MEBIBYTES}`,
  });
}

const HELD = `its assertions, channel maps and descriptions take more than ${MAX_IMPORT_HELD_BYTES} bytes of memory: split it`;

describe('a small archive that unpacks to a lot of data', () => {
  const snap = publisher.snap({ name: 'beside', revision: 1 });
  const rest = partsOf([snap]).map(({ name, bytes = Buffer.alloc(0) }) => ({
    suffix: name,
    bytes,
    times: 1,
  }));

  it('with many copies of one assertion keeps it in memory once', async () => {
    const one = Buffer.concat([publisher.account.bytes, Buffer.from('\n')]);
    const bomb = { suffix: '.assert', bytes: repeated(one, FILE_BYTES), times: 3 };
    const path = await writeBomb(join(store.directory, 'assertions.tar.gz'), [bomb, ...rest]);
    expect(await push(path)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['channel maps', () => channelMapOf(150_000), 5],
    ['descriptions', () => descriptionOf(15_000_000), 10],
  ])('of %s is refused, and the store is unchanged', async (name, document, times) => {
    const before = await store.state();
    const bomb = { suffix: '.json', bytes: document(), times };
    const path = await writeBomb(join(store.directory, `${name}.tar.gz`), [...rest, bomb]);
    expect(await push(path)).toMatchObject({
      status: 1,
      stderr: `error: cannot push ${path}: ${HELD}\n`,
    });
    expect(await store.state()).toEqual(before);
  });

  it('of many values in one document is refused', async () => {
    const bomb = { suffix: '.json', bytes: Buffer.from(`[${'[],'.repeat(5_000_000)}[]]`), times: 1 };
    const path = await writeBomb(join(store.directory, 'values.tar.gz'), [bomb, ...rest]);
    expect((await push(path)).stderr).toContain(`0.json has more than ${MAX_JSON_VALUES} values`);
  });

  it('is also refused by ack', async () => {
    const one = Buffer.concat([publisher.account.bytes, Buffer.from('\n')]);
    const cost = assertionCost(publisher.account);
    const fits = Math.floor(MAX_IMPORT_HELD_BYTES / cost);
    const file = async (count: number) => {
      const path = join(store.directory, `many-${count}.assert`);
      await writeFile(path, repeated(one, one.length * count));
      return path;
    };
    const acks = store.app.get(AckService);
    await expect(acks.ack(await file(fits + 1))).rejects.toThrow(HELD);
    // The archive above added it to the store, once.
    expect(new Set((await acks.ack(await file(fits))).map(({ added }) => added))).toEqual(new Set([false]));
  });
});

describe('the budget', () => {
  it('accepts values in memory up to the limit', () => {
    const budget = new ImportBudget();
    budget.hold(MAX_IMPORT_HELD_BYTES - 1);
    budget.hold(1);
    expect(() => budget.hold(1)).toThrow(HELD);
  });

  it('accepts bytes up to the limit', () => {
    const budget = new ImportBudget();
    budget.read(MAX_IMPORT_DOCUMENT_BYTES - 1);
    budget.read(1);
    expect(() => budget.read(1)).toThrow('have more than 1073741824 bytes together: split it');
  });

  it('accepts values of a document up to the limit', () => {
    const text = (values: number) => Buffer.from(`[${'1,'.repeat(values - 2)}1]`);
    expect(parseJson('x.json', text(MAX_JSON_VALUES))).toHaveLength(MAX_JSON_VALUES - 1);
    expect(() => parseJson('x.json', text(MAX_JSON_VALUES + 1))).toThrow('x.json has more than');
  });

  it('counts every part of a value', () => {
    const release = { architecture: 'amd64', channel: { track: 'latest', risk: 'edge' }, revision: 1 };
    expect(valueCost([release, release])).toBeGreaterThan(2 * valueCost(release));
    expect(valueCost('x'.repeat(100))).toBeGreaterThan(200);
    expect(valueCost(undefined)).toBeGreaterThan(0);
    expect(assertionCost(publisher.account)).toBeGreaterThan(2_048 + 2 * publisher.account.bytes.length);
  });
});
