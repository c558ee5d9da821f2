import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { AckService } from '../../../src/imports/ack.service.js';
import { bundleOf } from '../../support/bundle-writer.js';
import { Cli } from '../../support/cli.js';
import { Fetching } from '../../support/fetching.js';
import { writeArchive } from '../../support/input-forms.js';
import { rewrap, rewrapStream } from '../../support/rewrap.js';
import { StoreApp } from '../../support/store-app.js';
import { type TarPart } from '../../support/tar-file.js';
import { TestPublisher, writePair, type TestSnap } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

/** The changes that a courier without a key can make to a genuine stream. */
const WRAPPINGS: readonly (readonly [string, (assertions: readonly Assertion[]) => Buffer])[] = [
  ['in lines of 20', (assertions) => rewrapStream(assertions, 20)],
  ['with CRLF', (assertions) => rewrapStream(assertions, 76, '\r\n')],
  ['on one line', (assertions) => rewrapStream(assertions, 100_000)],
  [
    'in two ways, one after the other',
    (assertions) => Buffer.concat([rewrapStream(assertions, 30), rewrapStream(assertions, 40)]),
  ],
];

async function file(name: string, bytes: Buffer): Promise<string> {
  const path = join(store.directory, name);
  await writeFile(path, bytes);
  return path;
}

/** The bundle with its assertions wrapped in another way, and without a manifest. */
function poisoned(snap: TestSnap, write: (assertions: readonly Assertion[]) => Buffer): TarPart[] {
  return bundleOf([snap])
    .filter(({ name }) => name !== 'manifest.json')
    .map((part) => (part.name.endsWith('.assert') ? { ...part, bytes: write(snap.assertions) } : part));
}

async function stored(assertion: Assertion): Promise<Buffer | undefined> {
  return (await store.app.get(AssertionsService).find(assertion.type.name, assertion.primaryKey))?.bytes;
}

describe.each(WRAPPINGS)('a bundle whose signatures are wrapped %s', (how, write) => {
  const name = `first-${how.toLowerCase().replaceAll(/[^a-z0-9]/gi, '')}`;
  const snap = publisher.snap({ name, revision: 5 });

  it('blocks nothing genuine if it is pushed first', async () => {
    await store.push(await writeArchive(store.directory, poisoned(snap, write)));
    const kept = await stored(snap.snapRevision);
    expect(kept?.equals(snap.snapRevision.bytes)).toBe(false);

    const again = await store.push(await writeArchive(store.directory, bundleOf([snap])));
    expect(again).toMatchObject({ changed: false, assertionsAdded: 0 });
    const other = publisher.snap({ name: `${name}-other`, revision: 1 });
    expect(await store.push(await writeArchive(store.directory, bundleOf([other])))).toMatchObject({
      assertionsAdded: 2,
    });
    const pair = await writePair(join(store.directory, name), publisher.snap({ name, revision: 6 }));
    expect(await store.push(pair)).toMatchObject({ assertionsAdded: 1 });
    const genuine = await file(`${name}.assert`, encodeStream(snap.assertions));
    const acked = await store.app.get(AckService).ack(genuine);
    expect(acked.map(({ added }) => added)).toEqual([false, false, false, false]);
    // The bytes of the first push stay: they are verified, and devices may have them.
    expect(await stored(snap.snapRevision)).toEqual(kept);
  });

  it('changes nothing if it is added second, by any command', async () => {
    const genuine = publisher.snap({ name: `${name}-second`, revision: 1 });
    await store.push(await writeArchive(store.directory, bundleOf([genuine])));
    const before = await store.state();
    await store.push(await writeArchive(store.directory, poisoned(genuine, write)));
    const pair = await writePair(join(store.directory, `${name}-second`), genuine);
    await writeFile(pair.replace(/\.snap$/, '.assert'), write(genuine.assertions));
    await store.push(pair);
    await store.app.get(AckService).ack(await file(`${name}-second.assert`, write(genuine.assertions)));
    expect(await store.state()).toEqual(before);
  });
});

it('a store’s export and a registration are the same with any wrapping', async () => {
  const { stack } = publisher;
  const assertion = stack.store({ store: 'rewrapped-store', url: 'http://store.example' });
  const chain = stack.chain(assertion);
  for (const [name, bytes] of [
    ['wrapped', rewrapStream(chain, 12)],
    ['genuine', encodeStream(chain)],
  ] as const) {
    const path = await file(`${name}.assert`, bytes);
    const report = await store.push(path, { claim: { isStoreExport: true } });
    expect(report.stores).toMatchObject([{ storeId: 'rewrapped-store' }]);
    const registered = await new Cli(() => store.dataDir).run('register', '--from', path);
    expect(registered).toMatchObject({ status: 0, stderr: '' });
  }
  expect(await stored(assertion)).toEqual(rewrap(assertion, 12));
});

it('a fetch from a store with rewrapped signatures can be pushed', async () => {
  const fetching = await Fetching.start(publisher);
  try {
    const snap = publisher.snap({ name: 'fetched', revision: 3 });
    const parts = poisoned(snap, (assertions) => rewrapStream(assertions, 16));
    await fetching.upstream.push(await writeArchive(store.directory, parts));
    const fetched = await fetching.fetch(['fetched'], { withNeeds: false, withMedia: false });
    for (const { path } of fetched.bundles) {
      await store.push(path);
      await fetching.store.push(path);
      await fetching.store.push(await writeArchive(store.directory, bundleOf([snap])));
    }
    expect(await store.push(await writeArchive(store.directory, bundleOf([snap])))).toMatchObject({
      assertionsAdded: 0,
    });
  } finally {
    await fetching.stop();
  }
});
