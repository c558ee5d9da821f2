import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signAssertion } from '../../../src/assertions/format/sign.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { sha3_384 } from '../../../src/common/crypto/digest.js';
import { AckService } from '../../../src/imports/ack.service.js';
import { squashfsImage } from '../../support/squashfs-image.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';

let store: StoreApp;
const stack = new TestStoreStack();
const SNAP_ID = 'helloxxxxxxxxxxxxxxxxxxxxxxxxxxx';

async function ack(name: string, ...assertions: Parameters<typeof encodeStream>[0]): Promise<void> {
  const path = join(store.directory, `${name}.assert`);
  writeFileSync(path, encodeStream(assertions));
  await store.app.get(AckService).ack(path);
}

async function status(name: string): Promise<number> {
  return (await store.app.inject({ url: `/v2/snaps/info/${name}`, headers: { host: 'store.test' } }))
    .statusCode;
}

/** The change of another transaction arrives shortly after its commit. */
async function heard(ask: () => Promise<number>, expected: number): Promise<void> {
  for (let tries = 0; tries < 1_000 && (await ask()) !== expected; tries += 1) await sleep(5);
  expect(await ask()).toBe(expected);
}

beforeAll(async () => {
  store = await StoreApp.start();
  const root = join(store.directory, 'root.assert');
  writeFileSync(root, encodeStream(stack.trusted()));
  await store.trust(root);
  const bytes = squashfsImage({
    'meta/snap.yaml': Buffer.from(
      'name: hello\nversion: "1"\nsummary: s\ndescription: d\narchitectures: [all]\n',
    ),
  });
  const first = stack.snapDeclaration({ snapId: SNAP_ID, name: 'hello', publisherId: 'acme' });
  const revision = stack.snapRevision({
    snapId: SNAP_ID,
    revision: 1,
    digest: sha3_384(bytes),
    sizeBytes: bytes.length,
    developerId: 'acme',
  });
  const snap = join(store.directory, 'hello_1.snap');
  writeFileSync(snap, bytes);
  writeFileSync(
    join(store.directory, 'hello_1.assert'),
    encodeStream(stack.chain(stack.account('acme'), first, revision)),
  );
  await store.push(snap);
});
afterAll(() => store.stop());

function declaration(
  name: string,
  publisherId: string,
  assertionRevision: number,
): ReturnType<typeof signAssertion> {
  return stack.sign('snap-declaration', {
    series: '16',
    'snap-id': SNAP_ID,
    'snap-name': name,
    'publisher-id': publisherId,
    timestamp: '2026-02-01T00:00:00Z',
    revision: String(assertionRevision),
  });
}

it('a newer declaration renames a snap and changes its publisher', async () => {
  expect(await status('hello')).toBe(200);
  await ack('rename', stack.account('umbrella'), declaration('greeting', 'umbrella', 1));
  await heard(() => status('hello'), 404);
  expect(await status('greeting')).toBe(200);
  const info = await store.app.inject({
    url: '/v2/snaps/info/greeting?fields=publisher',
    headers: { host: 'store.test' },
  });
  expect(JSON.parse(info.body)).toMatchObject({ snap: { publisher: { id: 'umbrella' } } });
});

it('a declaration without a name revokes it', async () => {
  await ack('revoke', declaration('', 'umbrella', 2));
  await heard(() => status('greeting'), 404);
  expect(await status('hello')).toBe(404);
});
