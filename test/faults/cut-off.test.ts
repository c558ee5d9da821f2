import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { withManifest, writeBytes } from '../support/input-forms.js';
import { pushFailure } from '../support/refusal.js';
import { StoreApp } from '../support/store-app.js';
import { tarOf, type TarPart } from '../support/tar-file.js';
import { partsOf, TestPublisher } from '../support/test-snaps.js';

let store: StoreApp;
let before: Record<string, unknown>;
const publisher = new TestPublisher();
const snaps = [
  publisher.snap({ name: 'first', revision: 1 }),
  publisher.snap({ name: 'second', revision: 2 }),
] as const;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
beforeEach(async () => {
  before = await store.state();
});
afterEach(async () => {
  expect(await store.state()).toEqual(before);
});
afterAll(() => store.stop());

/** About `count` offsets spread over a file, and each of the last `lastBytes`. */
function offsetsOf(length: number, count: number, lastBytes: number): number[] {
  const step = Math.max(1, Math.floor(length / count));
  const spread = Array.from({ length: Math.floor(length / step) }, (_, index) => index * step);
  const last = Array.from({ length: lastBytes }, (_, index) => length - 1 - index);
  return [...new Set([...spread, ...last])].filter((offset) => offset >= 0 && offset < length);
}

async function expectCutsRefused(bytes: Buffer, suffix: string, offsets: readonly number[]): Promise<void> {
  const path = await writeBytes(store.directory, bytes, suffix);
  for (const offset of offsets) {
    await writeFile(path, bytes.subarray(0, offset));
    const { code, message } = await pushFailure(store.push(path));
    expect(['invalid-bundle', 'invalid-assertion'], `cut at ${offset}: ${message}`).toContain(code);
    expect(await store.blobFiles(), `cut at ${offset}`).toEqual(before['files']);
  }
}

describe.each<[string, (parts: readonly TarPart[]) => TarPart[]]>([
  ['with a manifest', withManifest],
  ['without a manifest', (parts) => [...parts]],
])('an archive %s', (_, shape) => {
  const parts = shape(partsOf(snaps));

  it('is refused if its tar.gz is cut at any of hundreds of places', async () => {
    const bytes = await tarOf(parts);
    await expectCutsRefused(bytes, '.tar.gz', offsetsOf(bytes.length, 250, 20));
  });

  it('is refused if its tar is cut at any of hundreds of places', async () => {
    const bytes = await tarOf(parts, false);
    // A part of the last of the two empty blocks may be missing: it has no meaning.
    await expectCutsRefused(bytes, '.tar', offsetsOf(bytes.length, 150, 20));
  });

  it('is refused if its tar is cut at a block, even after a complete snap that ends in zeros', async () => {
    const bytes = await tarOf(parts, false);
    const blocks = Array.from({ length: bytes.length / 512 }, (__, index) => index * 512);
    await expectCutsRefused(bytes, '.tar', blocks);
  });
});

describe('a pair', () => {
  const [snap] = snaps;
  const assertions = encodeStream(snap.assertions);
  const path = () => join(store.directory, 'pair', 'first_1.snap');
  const assertPath = () => path().replace(/snap$/, 'assert');
  beforeAll(() => mkdir(join(store.directory, 'pair')));

  it('is refused if the snap is cut', async () => {
    await writeFile(assertPath(), assertions);
    for (const offset of offsetsOf(snap.bytes.length, 150, 20)) {
      await writeFile(path(), snap.bytes.subarray(0, offset));
      expect(await pushFailure(store.push(path())), `cut at ${offset}`).toMatchObject({
        code: 'invalid-bundle',
      });
    }
  });

  it('is refused if the snap is longer than its signed size', async () => {
    await writeFile(assertPath(), assertions);
    await writeFile(path(), Buffer.concat([snap.bytes, Buffer.alloc(1)]));
    expect(await pushFailure(store.push(path()))).toMatchObject({ code: 'invalid-bundle' });
  });

  it('is refused if the assertions are cut', async () => {
    await writeFile(path(), snap.bytes);
    // The newline at the very end is not signed.
    for (const offset of offsetsOf(assertions.length - 1, 200, 20)) {
      await writeFile(assertPath(), assertions.subarray(0, offset));
      const { code, message } = await pushFailure(store.push(path()));
      expect(['invalid-bundle', 'invalid-assertion'], `cut at ${offset}: ${message}`).toContain(code);
    }
  });
});
