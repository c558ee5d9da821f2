import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withManifest, writeArchive } from '../support/input-forms.js';
import { PushChild } from '../support/push-child.js';
import { StoreApp } from '../support/store-app.js';
import { partsOf, TestPublisher, writePair, type TestSnap } from '../support/test-snaps.js';

const ROUNDS = 4;
const PADDING_BYTES = 1 << 20;
const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

function snapsNamed(prefix: string): TestSnap[] {
  return ['a', 'b', 'c', 'd'].map((name) =>
    publisher.snap({ name: `${prefix}-${name}`, revision: 1, padding: randomBytes(PADDING_BYTES) }),
  );
}

async function pushBoth(...files: string[]): Promise<PushChild[]> {
  const children = files.map((file) => new PushChild(store.dataDir, file));
  for (const child of children) expect(await child.end(), child.stderr).toBe(0);
  return children;
}

async function revisionsOf(prefix: string): Promise<string[]> {
  const rows = await store.query<{ text: string }>(
    `select name || ' ' || revision as text from snap_revision join snap using (snap_id) where name like '${prefix}%' order by name, revision`,
  );
  return rows.map(({ text }) => text);
}

it('accepts the same bundle from two processes at once', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const prefix = `same${round}`;
    const bundle = await writeArchive(store.directory, withManifest(partsOf(snapsNamed(prefix))));
    const children = await pushBoth(bundle, bundle);
    expect(await revisionsOf(prefix)).toEqual(['a', 'b', 'c', 'd'].map((name) => `${prefix}-${name} 1`));
    // Exactly one of them added each revision.
    const uploads = children.flatMap(({ stdout }) => stdout.match(/Uploaded/g) ?? []);
    expect(uploads).toHaveLength(4);
    expect((await store.blobFiles()).filter((name) => name.startsWith('incoming'))).toEqual([]);
  }
});

it('accepts overlapping bundles in opposite order from two processes at once', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const prefix = `cross${round}`;
    const snaps = snapsNamed(prefix);
    const forwards = await writeArchive(store.directory, partsOf(snaps));
    const backwards = await writeArchive(store.directory, partsOf(snaps.toReversed()));
    await pushBoth(forwards, backwards);
    expect(await revisionsOf(prefix)).toHaveLength(4);
  }
});

it('accepts different revisions of one snap from two processes at once; the channel points at the higher', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `many${round}`;
    const first = publisher.snap({ name, revision: 1, padding: randomBytes(PADDING_BYTES) });
    const other = publisher.snap({ name, revision: 2, padding: randomBytes(PADDING_BYTES) });
    await pushBoth(await writePair(store.directory, first), await writePair(store.directory, other));
    expect(await revisionsOf(name)).toEqual([`${name} 1`, `${name} 2`]);
    const current = await store.query<{ revision: number }>(
      `select revision from channel_current join snap using (snap_id) where name = '${name}'`,
    );
    expect(current).toEqual([{ revision: 2 }]);
  }
});
