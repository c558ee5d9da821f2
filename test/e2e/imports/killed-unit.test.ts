import { afterAll, beforeAll, expect, it } from 'vitest';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { freePort } from '../../support/ports.js';
import { serve } from '../../support/program.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import { tarOf } from '../../support/tar-file.js';
import { partsOf, TestPublisher } from '../../support/test-snaps.js';
import { Hold, until } from './hold.js';
import { NetworkClient, NetworkStore } from './network-store.js';

const publisher = new TestPublisher();
let world: NetworkStore;

beforeAll(async () => {
  world = await NetworkStore.start(publisher);
});
afterAll(() => world.stop());

it('a unit that is stopped gives its import back, and another one takes up that of a unit that was killed', async () => {
  const client = await world.client('ci');
  const bytes = await tarOf(partsOf([publisher.snap({ name: 'taken-up', revision: 1 })]));
  const id = await client.importing([await client.upload(bytes, 'taken-up.tar.gz')]);
  await world.store.app.get(SettingsService).set([
    ['proxy.ipaddress', '127.0.0.1'],
    ['proxy.port.http', String(await freePort())],
  ]);
  const stateOf = async () => (await client.ask('GET', `imports/${id}`)).json['state'];
  expect(await stateOf()).toBe('queued');
  /** Starts a unit, and waits until it is in the middle of the import: it has written the snap. */
  const begin = async () => {
    const unit = await serve(['--data', world.store.dataDir]);
    await until(async () => (await stateOf()) === 'running');
    await until(async () => (await world.store.blobFiles()).some((file) => /^incoming\/\d+-/.test(file)));
    return unit;
  };
  let hold = await Hold.take(world.store);
  const stopped = await begin();
  const isStopping = new Promise<void>((settle) => {
    for (const output of [stopped.child.stdout, stopped.child.stderr])
      output?.on('data', (text: string) => text.includes('goes back to the queue') && settle());
  });
  // It waits neither for those who follow imports, nor for parts that arrive.
  const there = new NetworkClient(stopped.url, client.token);
  const events = there.events(id);
  await events.next();
  const half = await there.begun(100, 'half.tar.gz');
  const { hostname, port } = new URL(stopped.url);
  const sender = await RawConnection.open(Number(port));
  sender.write(
    head('PATCH', `/admin/v1/uploads/${half}`, {
      Host: hostname,
      Authorization: `Bearer ${client.token}`,
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': '0',
      'Content-Type': 'application/offset+octet-stream',
      'Content-Length': '100',
    }),
  );
  sender.write('x'.repeat(10));
  await until(async () => (await world.store.blobFiles()).includes(`incoming/upload-${half}/file 10`));
  stopped.child.kill('SIGTERM');
  await isStopping;
  await sender.untilClosed();
  for await (const _event of events) continue;
  await hold.release();
  expect(await stopped.ended).toMatchObject({ status: 0 });
  expect(await client.offset(half)).toBe(10);
  await client.tus('DELETE', `uploads/${half}`);
  expect((await client.ask('GET', `imports/${id}`)).json).toMatchObject({ state: 'queued', attempts: 0 });
  hold = await Hold.take(world.store);
  const killed = await begin();
  killed.child.kill('SIGKILL');
  await killed.ended;
  await hold.release();
  expect(await stateOf()).toBe('running');
  await world.run();
  expect(await client.ended(id)).toMatchObject({
    state: 'done',
    attempts: 2,
    result: { files: [{ outcome: 'pushed' }] },
  });
  expect(await world.store.app.get(InventoryService).list()).toMatchObject([{ name: 'taken-up' }]);
  // What the killed one had begun to write is gone, and the upload too.
  expect((await world.store.blobFiles()).filter((file) => file.startsWith('incoming'))).toEqual([]);
  const pushes = (await world.store.app.get(AuditService).list(100)).filter(
    ({ action }) => action === 'import.push',
  );
  expect(pushes).toMatchObject([{ actorKind: 'token', actor: 'ci', subject: 'taken-up.tar.gz' }]);
});
