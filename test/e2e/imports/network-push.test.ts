import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { bundleOf } from '../../support/bundle-writer.js';
import { run } from '../../support/program.js';
import { tarOf } from '../../support/tar-file.js';
import { partsOf, TestPublisher, writePair } from '../../support/test-snaps.js';
import { NetworkStore, type NetworkClient } from './network-store.js';

const publisher = new TestPublisher();
let world: NetworkStore;
let client: NetworkClient;

beforeAll(async () => {
  world = await NetworkStore.start(publisher);
  await world.run();
  client = await world.client('ci');
});
afterAll(() => world.stop());

it('pushes a bundle over the network: upload, import, result, audit', async () => {
  const bundle = await tarOf(bundleOf([publisher.snap({ name: 'first', revision: 7 })]));
  const upload = await client.upload(bundle, 'first.tar.gz');
  const id = await client.importing([upload]);
  const job = await client.ended(id);
  expect(job).toMatchObject({
    state: 'done',
    actor: { kind: 'token', name: 'ci' },
    files: [{ filename: 'first.tar.gz', 'size-bytes': bundle.length }],
    'total-bytes': bundle.length,
    'done-bytes': bundle.length,
    attempts: 1,
    error: null,
    result: {
      files: [
        {
          file: 'first.tar.gz',
          outcome: 'pushed',
          changed: true,
          snaps: [{ name: 'first', revisions: [{ revision: 7, outcome: 'added' }] }],
          lines: expect.arrayContaining([
            '[snap first] Uploaded snap blob and assertions for first revision 7',
          ]) as unknown,
        },
      ],
      missing: expect.arrayContaining([
        { name: 'core', architecture: 'amd64', 'needed-by': ['first'] },
      ]) as unknown,
    },
  });
  // The upload is used up.
  expect((await client.ask('GET', `uploads/${upload}`)).status).toBe(404);
  expect((await world.store.blobFiles()).filter((file) => file.startsWith('incoming'))).toEqual([]);
  const [event] = await world.store.app.get(AuditService).list(1);
  expect(event).toMatchObject({
    action: 'import.push',
    subject: 'first.tar.gz',
    actorKind: 'token',
    actor: 'ci',
    address: '127.0.0.1',
  });
  expect(JSON.parse(event?.after ?? '')).toMatchObject({
    'revisions-added': 1,
    'channels-moved': 1,
    revisions: ['first 7'],
    channels: [{ snap: 'first', channel: 'latest/stable', architecture: 'amd64', from: null, to: 7 }],
  });
});

it('refuses with the message of push-snap, and keeps the upload', async () => {
  const upload = await client.upload(Buffer.from('not a snap'), 'odd.tar.gz');
  const job = await client.ended(await client.importing([upload]));
  expect(job).toMatchObject({
    state: 'refused',
    error: {
      code: 'invalid-bundle',
      message: expect.stringMatching(/^cannot push odd\.tar\.gz: /) as unknown,
    },
    result: { files: [{ outcome: 'refused' }] },
  });
  expect((await client.ask('GET', `uploads/${upload}`)).json).toMatchObject({ import: null });
});

it('imports a snap with its assertions and components from uploads of their own, in any order', async () => {
  const snap = publisher.snap({ name: 'apart', revision: 1 });
  const uploads = [
    await client.upload(encodeStream(snap.assertions), 'apart_1.assert'),
    await client.upload(snap.bytes, 'apart_1.snap'),
  ];
  const job = await client.ended(await client.importing(uploads, { channels: ['latest/edge'] }));
  expect(job).toMatchObject({ state: 'done', options: { channels: ['latest/edge'] } });
});

it('a dry run changes nothing and keeps the upload', async () => {
  const bundle = await tarOf(partsOf([publisher.snap({ name: 'dry', revision: 1 })]));
  const upload = await client.upload(bundle, 'dry.tar.gz');
  const job = await client.ended(await client.importing([upload], { 'dry-run': true }));
  expect(job).toMatchObject({ state: 'done', result: { files: [{ 'dry-run': true, outcome: 'pushed' }] } });
  expect((await client.ask('GET', `uploads/${upload}`)).status).toBe(200);
  expect(await client.ended(await client.importing([upload]))).toMatchObject({ state: 'done' });
});

it('a push on the machine is in the audit trail too, unless it changes nothing', async () => {
  const file = await writePair(world.store.directory, publisher.snap({ name: 'local', revision: 3 }));
  const words = ['--data', world.store.dataDir, 'push-snap', '--channel', 'latest/beta', file];
  const pushes = async () =>
    (await world.store.app.get(AuditService).list(100)).filter(({ subject }) => subject === file);
  expect(await run([...words, '--dry-run'])).toMatchObject({ status: 0 });
  expect(await pushes()).toEqual([]);
  expect(await run(words)).toMatchObject({ status: 0 });
  expect(await run(words)).toMatchObject({ status: 0 });
  const [push, ...others] = await pushes();
  expect(others).toEqual([]);
  expect(push).toMatchObject({ action: 'import.push', actorKind: 'machine', actor: 'root', address: null });
  expect(JSON.parse(push?.after ?? '')).toMatchObject({
    revisions: ['local 3'],
    channels: [{ snap: 'local', channel: 'latest/beta', architecture: 'amd64', from: null, to: 3 }],
  });
  expect(await world.store.app.get(AuditService).verify()).toMatchObject({ broken: undefined });
});
