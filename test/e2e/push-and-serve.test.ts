import { afterAll, beforeAll, expect, it } from 'vitest';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { StoreApp } from '../support/store-app.js';
import { partsOf, tarOf, TestPublisher, writePair } from '../support/test-snaps.js';

let store: StoreApp;
const publisher = new TestPublisher();

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(await publisher.writeRoot(store.directory));
});
afterAll(() => store.stop());

async function refresh(action: object, context: object[] = []): Promise<Record<string, any>> {
  const response = await store.app.inject({ method: 'POST', url: '/v2/snaps/refresh', headers: { 'snap-device-architecture': 'amd64', host: 'store.test:8080' }, payload: { context, actions: [action], fields: [] } });
  return JSON.parse(response.body).results[0];
}

it('serves a pushed pair to a device', async () => {
  const snap = publisher.snap({ name: 'hello', revision: 1 });
  const report = await store.push(await writePair(store.directory, snap));
  expect(report).toMatchObject({ changed: true, snaps: [{ name: 'hello', revisions: [{ revision: 1, outcome: 'added' }] }] });
  const result = await refresh({ action: 'install', 'instance-key': 'install-1', name: 'hello', channel: 'stable', epoch: null });
  console.log(JSON.stringify(result));
  const url = new URL(result['snap'].download.url);
  const download = await store.app.inject({ method: 'GET', url: url.pathname });
  expect(download.rawPayload.equals(snap.bytes)).toBe(true);
  const again = await store.push(join(store.directory, 'hello_1.snap'));
  expect(again.changed).toBe(false);
});

it('archive', async () => {
  const snaps = [publisher.snap({ name: 'one', revision: 3 }), publisher.snap({ name: 'two', revision: 4 })];
  const path = join(store.directory, 'b.tar.gz');
  await writeFile(path, await tarOf(partsOf(snaps).toReversed()));
  console.log(JSON.stringify(await store.push(path)));
  for (const u of ['/v2/snaps/info/one', '/v2/snaps/find?q=one&fields=title,version', '/v2/snaps/find', '/api/v1/snaps/names', '/api/v1/snaps/sections', '/v2/snaps/categories', '/v2/assertions/account/acme', '/v2/assertions/account/acme2', '/', '/_status/check', '/v2/auth/store/assertions', '/nope']) {
    const r = await store.app.inject({ method: 'GET', url: u, headers: { host: 'a.b:80' } });
    console.log(u, r.statusCode, r.headers['content-type'], r.headers['snap-store-version'], r.body.slice(0, 300));
  }
});
