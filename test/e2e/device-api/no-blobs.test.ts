import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BlobStoreService } from '../../../src/blobs/blob-store.service.js';
import { digestToBase64url } from '../../../src/common/crypto/digest.js';
import { createServer } from '../../../src/server.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { HOST, World } from './world.js';

let world: World;
let snaps: TestSnap[];

beforeAll(async () => {
  world = await World.start();
  snaps = [
    await world.push({ name: 'hello', revision: 1 }),
    await world.push({ name: 'hello', revision: 2 }, ['edge']),
    await world.push({ name: 'other', revision: 3 }),
  ];
});
afterAll(() => world.stop());

type App = World['store']['app'];

/** All requests of a device except downloads. */
async function answers(app: App): Promise<string[]> {
  const headers = { host: HOST };
  const paths = [
    '/v2/snaps/info/hello',
    '/v2/snaps/info/other?fields=download',
    '/v2/snaps/find?q=hello&fields=download,version',
    '/v2/snaps/find?name=o',
    '/v2/snaps/categories',
    '/api/v1/snaps/names',
    '/api/v1/snaps/sections',
    '/_status/check',
    ...snaps.map(({ digest }) => `/v2/assertions/snap-revision/${digestToBase64url(digest)}`),
    `/v2/assertions/snap-declaration/16/${snaps[0]?.snapId}?max-format=7`,
  ];
  const actions = [
    { action: 'install', 'instance-key': 'install-1', name: 'hello' },
    { action: 'download', 'instance-key': 'download-1', name: 'hello', revision: 2 },
    { action: 'refresh', 'instance-key': 'x', 'snap-id': snaps[2]?.snapId },
    { action: 'fetch-assertions', key: 'A', assertions: [{ type: 'account', 'primary-key': ['acme'] }] },
  ];
  const replies = [
    await app.inject({
      method: 'POST',
      url: '/v2/snaps/refresh',
      headers,
      payload: { context: [], actions },
    }),
    ...(await Promise.all(paths.map((url) => app.inject({ method: 'GET', url, headers })))),
  ];
  return replies.map(({ statusCode, body }) => `${statusCode} ${body}`);
}

it('only downloads open files: without any file, all other answers are the same', async () => {
  const open = vi.spyOn(BlobStoreService.prototype, 'openWhole');
  const size = vi.spyOn(BlobStoreService.prototype, 'findSize');
  const before = await answers(world.store.app);
  expect(before.every((answer) => answer.startsWith('200 '))).toBe(true);
  const blobs = join(world.store.dataDir, 'blobs');
  await rename(blobs, `${blobs}.away`);
  expect(await answers(world.store.app)).toEqual(before);
  // A server with nothing in memory.
  const cold = await createServer();
  expect(await answers(cold)).toEqual(before);
  expect([open.mock.calls.length, size.mock.calls.length]).toEqual([0, 0]);

  const url = `/api/v1/snaps/download/${snaps[0]?.snapId}_1.snap`;
  expect((await cold.inject({ method: 'GET', url })).statusCode).toBe(500);
  await rename(`${blobs}.away`, blobs);
  expect((await cold.inject({ method: 'GET', url })).statusCode).toBe(200);
  expect(open).toHaveBeenCalledTimes(2);
  await cold.close();
});
