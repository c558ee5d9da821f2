import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { AssertionBatch } from '../../../src/assertions/trust/batch.js';
import { TrustedRoots } from '../../../src/assertions/trust/trusted-roots.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { jsonOf, listen, send } from './wire.js';
import { World } from './world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const PATH = '/v2/auth/store/assertions';

it('a store without an identity reports that', async () => {
  const reply = await send(port, { path: PATH });
  expect([reply.status, reply.headers['content-type'], jsonOf(reply)]).toEqual([
    404,
    'application/json',
    {
      'error-list': [
        { code: 'not-configured', message: expect.stringContaining('snap-store-proxy ack') as string },
      ],
    },
  ]);
  expect(reply.headers['x-assertion-store-id']).toBeUndefined();
});

it('serves all assertions for a device that trusts only the root, without authentication', async () => {
  const { stack } = world.publisher;
  const url = 'http://store.example:8080';
  await world.acknowledge(...stack.chain(stack.store({ store: 'acme-store', operatorId: 'acme', url })));
  await world.store.app.get(SettingsService).set([['internal.store.id', 'acme-store']]);
  const reply = await send(port, { path: PATH });
  expect([reply.status, reply.headers['content-type'], reply.headers['x-assertion-store-id']]).toEqual([
    200,
    'application/x.ubuntu.assertion',
    'acme-store',
  ]);

  const assertions = decodeStream(reply.body);
  expect(assertions.map(({ type, primaryKey }) => [type.name, ...primaryKey].join('/')).toSorted()).toEqual([
    'account-key/' + stack.storeAccountKey.primaryKey[0],
    'account/acme',
    'store/acme-store',
  ]);
  const batch = new AssertionBatch();
  for (const assertion of assertions) batch.add(assertion);
  const nothing = { find: () => Promise.resolve(undefined), findAccountKeysNamed: () => Promise.resolve([]) };
  const result = await batch.verify({
    roots: TrustedRoots.withCanonical(stack.trusted()),
    stored: nothing,
    now: new Date('2026-06-01T00:00:00Z'),
  });
  batch.refuseUnresolved(result);
  expect(result.verified).toHaveLength(3);

  const head = await send(port, { method: 'HEAD', path: PATH });
  expect([head.status, head.body.length, head.headers['content-length']]).toEqual([
    200,
    0,
    String(reply.body.length),
  ]);
});
