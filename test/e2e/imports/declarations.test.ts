import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { poll } from '../../support/poll.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

let store: StoreApp;
const stack = new TestStoreStack();
const SNAP_ID = 'helloxxxxxxxxxxxxxxxxxxxxxxxxxxx';

async function status(name: string): Promise<number> {
  return (await store.app.inject({ url: `/v2/snaps/info/${name}`, headers: { host: 'store.test' } }))
    .statusCode;
}

/** The change of another transaction arrives shortly after its commit. */
async function heard(ask: () => Promise<number>, expected: number): Promise<void> {
  expect(await poll(ask, (found) => found === expected)).toBe(expected);
}

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(stack.trusted());
  const snap = TestPublisher.of(stack, 'acme').snap({ name: 'hello', revision: 1, architectures: ['all'] });
  await store.push(await writePair(store.directory, snap));
});
afterAll(() => store.stop());

function declaration(name: string, publisherId: string, assertionRevision: number): Assertion {
  const headers = { revision: String(assertionRevision) };
  return stack.snapDeclaration({ snapId: SNAP_ID, name, publisherId }, { headers });
}

it('a newer declaration renames a snap and changes its publisher', async () => {
  expect(await status('hello')).toBe(200);
  await store.ack(stack.account('umbrella'), declaration('greeting', 'umbrella', 1));
  await heard(() => status('hello'), 404);
  expect(await status('greeting')).toBe(200);
  const info = await store.app.inject({
    url: '/v2/snaps/info/greeting?fields=publisher',
    headers: { host: 'store.test' },
  });
  expect(JSON.parse(info.body)).toMatchObject({ snap: { publisher: { id: 'umbrella' } } });
});

it('a declaration without a name revokes it', async () => {
  await store.ack(declaration('', 'umbrella', 2));
  await heard(() => status('greeting'), 404);
  expect(await status('hello')).toBe(404);
});
