import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_HELD_REVISIONS, MAX_HELD_REVISIONS_PER_ADDRESS } from '../../../src/common/limits.js';
import { HeldRevisionsService } from '../../../src/deltas/held-revisions.service.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { installed, refreshOf } from './refresh-actions.js';
import { HOST, World } from './world.js';

let world: World;
let hello: TestSnap;

beforeAll(async () => {
  world = await World.start();
  hello = await world.push({ name: 'hello', revision: 1 });
});
afterAll(() => world.stop());

/** A refresh of a device without a session that accepts deltas. */
async function tell(remoteAddress: string, context: readonly object[]): Promise<void> {
  const reply = await world.store.app.inject({
    method: 'POST',
    url: '/v2/snaps/refresh',
    remoteAddress,
    headers: { host: HOST, 'snap-accept-delta-format': 'xdelta3' },
    payload: { context, actions: [refreshOf(hello)], fields: ['revision'] },
  });
  expect(reply.statusCode).toBe(200);
}

/** The remembered revisions of the first device, and the number of all. */
function held(): [boolean, number] {
  const all = world.store.app.get(HeldRevisionsService).list();
  return [all.some(({ revision }) => revision === 7), all.length];
}

const madeUp = (first: number) =>
  Array.from({ length: MAX_HELD_REVISIONS_PER_ADDRESS }, (_, at) =>
    installed(hello, { 'instance-key': `i${at}`, revision: first + at }),
  );

it('unknown snaps are not remembered', async () => {
  await tell('192.0.2.1', [installed(hello, { revision: 7 }), { 'snap-id': 'nobodys', revision: 1 }]);
  expect(held()).toEqual([true, 1]);
});

it('forged revisions of one address evict nothing of others', async () => {
  for (let round = 1; round <= 3; round += 1) await tell('192.0.2.2', madeUp(round * 10_000));
  expect(held()).toEqual([true, 1 + MAX_HELD_REVISIONS_PER_ADDRESS]);
});

it('forged revisions of many addresses evict nothing of others, and are limited', async () => {
  const addresses = 2 + MAX_HELD_REVISIONS / MAX_HELD_REVISIONS_PER_ADDRESS;
  for (let address = 1; address <= addresses; address += 1)
    await tell(`198.51.100.${address}`, madeUp(address * 100_000));
  expect(held()).toEqual([true, MAX_HELD_REVISIONS]);
});
