import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import {
  MAX_STREAMS_PER_PRINCIPAL,
  PushJobWatchersService,
} from '../../../src/imports/jobs/push-job-watchers.service.js';
import { MAX_ATTEMPTS, MAX_QUEUED_JOBS_PER_PRINCIPAL } from '../../../src/imports/jobs/push-job.js';
import { PushJobsService } from '../../../src/imports/jobs/push-jobs.service.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { OperatorsService } from '../../../src/management/operators.service.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { tarOf } from '../../support/tar-file.js';
import { partsOf, TestPublisher } from '../../support/test-snaps.js';
import { Hold, until } from './hold.js';
import { NetworkStore, type NetworkClient } from './network-store.js';

const publisher = new TestPublisher();
let world: NetworkStore;
let client: NetworkClient;
let tokens = 0;
let snaps = 0;

beforeAll(async () => {
  world = await NetworkStore.start(publisher);
  await world.run();
});
afterAll(() => world.stop());
beforeEach(async () => {
  client = await world.client(tokenName((tokens += 1)));
});

const tokenName = (of = tokens) => `token-${of}`;

afterEach(() => Hold.releaseAll());

async function bundle(name = `job-${(snaps += 1)}`): Promise<{ name: string; bytes: Buffer }> {
  return { name, bytes: await tarOf(partsOf([publisher.snap({ name, revision: 1 })])) };
}

async function beginOne(by = client): Promise<{ id: number; name: string; upload: string }> {
  const { name, bytes } = await bundle();
  const upload = await by.upload(bytes, `${name}.tar.gz`);
  return { id: await by.importing([upload]), name, upload };
}

async function stateOf(id: number): Promise<string> {
  return String((await client.ask('GET', `imports/${id}`)).json['state']);
}

async function untilState(id: number, state: string): Promise<void> {
  await until(async () => (await stateOf(id)) === state);
}

async function names(): Promise<string[]> {
  return (await world.store.app.get(InventoryService).list()).map(({ name }) => name);
}

describe('imports', () => {
  it('run two at a time, and the third waits', async () => {
    const hold = await Hold.take(world.store);
    const [first, second, third] = [await beginOne(), await beginOne(), await beginOne()];
    await untilState(first.id, 'running');
    await untilState(second.id, 'running');
    expect(await stateOf(third.id)).toBe('queued');
    const list = (await client.ask('GET', 'imports?state=running&limit=1')).json;
    expect(list).toMatchObject({ items: [{ id: second.id }], next: expect.any(String) as unknown });
    const page = await client.ask('GET', `imports?state=running&limit=1&after=${String(list['next'])}`);
    expect(page.json).toMatchObject({ items: [{ id: first.id }], next: null });
    await hold.release();
    for (const { id } of [first, second, third])
      expect(await client.ended(id)).toMatchObject({ state: 'done' });
    // As `/metrics` shows them.
    const jobs = world.store.app.get(PushJobsService);
    expect(jobs.ended).toEqual({ done: 3, refused: 0, cancelled: 0 });
    expect(await jobs.countByState()).toMatchObject({ queued: 0, running: 0, done: 3 });
  });

  it('of somebody who has none running come first', async () => {
    const hold = await Hold.take(world.store);
    await world.store
      .query(`insert into push_job (state, actor_kind, actor, options, files, total_bytes, unit, lease_until)
       values ('running', 'token', 'busy', '{}', '[]', 1, gen_random_uuid(), now() + interval '1 hour')`);
    const own = [await beginOne(), await beginOne()];
    await untilState(own[0]?.id ?? 0, 'running');
    const theirs = await beginOne(await world.client(`other-${tokens}`));
    await world.store.query(`delete from push_job where actor = 'busy'`);
    await untilState(theirs.id, 'running');
    expect(await stateOf(own[1]?.id ?? 0)).toBe('queued');
    await hold.release();
    for (const { id } of [...own, theirs]) expect(await client.ended(id)).toMatchObject({ state: 'done' });
  });

  it('are cancelled while they wait, at once', async () => {
    const hold = await Hold.take(world.store);
    const [first, second, third] = [await beginOne(), await beginOne(), await beginOne()];
    await untilState(second.id, 'running');
    const { status, json } = await client.ask('POST', `imports/${third.id}/cancel`);
    expect([status, json]).toMatchObject([
      200,
      { state: 'cancelled', 'cancelled-by': `token ${tokenName()}`, 'started-at': null },
    ]);
    expect((await client.ask('POST', `imports/${third.id}/cancel`)).status).toBe(409);
    await hold.release();
    await client.ended(first.id);
    await client.ended(second.id);
    expect(await names()).not.toContain(third.name);
    // Its upload can be imported after all.
    expect(await client.ended(await client.importing([third.upload]))).toMatchObject({ state: 'done' });
    const actions = (await world.store.app.get(AuditService).list(20)).map(({ action }) => action);
    expect(actions).toContain('import.cancel');
  });

  it('are cancelled while they run, and leave nothing', async () => {
    const hold = await Hold.take(world.store);
    const { id, name, upload } = await beginOne();
    await untilState(id, 'running');
    expect((await client.ask('POST', `imports/${id}/cancel`)).json).toMatchObject({ state: 'running' });
    await hold.release();
    expect(await client.ended(id)).toMatchObject({ state: 'cancelled', result: null });
    expect(await names()).not.toContain(name);
    expect((await world.store.blobFiles()).filter((file) => /^incoming\/\d/.test(file))).toEqual([]);
    expect((await client.ask('GET', `uploads/${upload}`)).json).toMatchObject({ import: null });
  });

  it('need complete uploads, each once', async () => {
    const upload = await client.begun(10, 'half.tar.gz');
    await client.patch(upload, { offset: 0, bytes: Buffer.alloc(5) });
    const half = await client.import([upload]);
    expect([half.status, half.json['detail']]).toEqual([409, expect.stringContaining('5 of 10 bytes')]);
    const { bytes } = await bundle();
    const [one, same] = [
      await client.upload(bytes, 'same.tar.gz'),
      await client.upload(bytes, 'same.tar.gz'),
    ];
    expect((await client.import([one, same])).json['detail']).toContain(
      'two files with the name same.tar.gz',
    );
    expect((await client.import([one, one])).status).toBe(400);
    expect((await client.import([])).status).toBe(400);
    expect((await client.import([one], { channels: ['no risk at all'] })).json['code']).toBe(
      'invalid-channel',
    );
    expect((await client.import([one], { channel: 'latest/edge' })).status).toBe(400);
    const hold = await Hold.take(world.store);
    const id = await client.importing([one]);
    expect((await client.import([one])).json['detail']).toContain(`import ${id} uses it`);
    expect((await client.tus('DELETE', `uploads/${one}`)).status).toBe(409);
    await hold.release();
    await client.ended(id);
  });

  it(`wait up to ${MAX_QUEUED_JOBS_PER_PRINCIPAL} at a time for one token`, async () => {
    const { bytes } = await bundle();
    const upload = await client.upload(bytes, 'one-more.tar.gz');
    // Nobody runs these: the places of both running ones are taken.
    await world.store
      .query(`insert into push_job (state, actor_kind, actor, options, files, total_bytes, unit, lease_until)
       select 'running', 'token', 'busy', '{}', '[]', 1, gen_random_uuid(), now() + interval '1 hour' from generate_series(1, 2);
       insert into push_job (state, actor_kind, actor, options, files, total_bytes)
       select 'queued', 'token', '${tokenName()}', '{"channels":[]}', '[]', 1 from generate_series(1, ${MAX_QUEUED_JOBS_PER_PRINCIPAL})`);
    expect((await client.import([upload])).status).toBe(429);
    await world.store.query(
      `delete from push_job where id = (select min(id) from push_job where state = 'queued')`,
    );
    expect((await client.import([upload])).status).toBe(201);
    await world.store.query(
      `update push_upload set job_id = null; delete from push_job where actor in ('busy', '${tokenName()}')`,
    );
  });

  it('are refused when their token was revoked before they began', async () => {
    const hold = await Hold.take(world.store);
    const [first, second] = [await beginOne(), await beginOne()];
    await untilState(second.id, 'running');
    const revoked = await world.client('to-be-revoked');
    const { id, name } = await beginOne(revoked);
    await world.store.app.get(TokensService).revoke('to-be-revoked');
    await hold.release();
    expect(await client.ended(id)).toMatchObject({
      state: 'refused',
      error: { code: 'forbidden', message: expect.stringContaining('to-be-revoked has ended') as unknown },
    });
    await client.ended(first.id);
    await client.ended(second.id);
    expect(await names()).not.toContain(name);
  });

  it('are there for viewers to read, and for operators alone to begin', async () => {
    const viewer = await world.client(`viewer-${tokens}`, { role: 'viewer' });
    expect((await viewer.ask('GET', 'imports')).status).toBe(200);
    expect((await viewer.begin(3)).status).toBe(403);
    expect((await viewer.import(['a'])).status).toBe(403);
    expect((await viewer.ask('POST', 'imports/1/cancel')).status).toBe(403);
    for (const id of ['0', '-1', 'x', '9'.repeat(17), '999999999'])
      expect((await viewer.ask('GET', `imports/${id}`)).status).toBe(404);
  });
});

describe('events', () => {
  it('end when the token is revoked', async () => {
    const hold = await Hold.take(world.store);
    const { id } = await beginOne();
    const watcher = await world.client('watcher', { role: 'viewer' });
    const heard: string[] = [];
    for await (const { event, data } of watcher.events(id)) {
      heard.push(event);
      if (heard.length === 1) await world.store.app.get(TokensService).revoke('watcher');
      if (event === 'refused') expect(data).toMatchObject({ message: 'token watcher has ended' });
    }
    expect(heard[0]).toBe('import');
    expect(heard.at(-1)).toBe('refused');
    await hold.release();
    await client.ended(id);
  });

  it('end when the session is over', async () => {
    const operators = world.store.app.get(OperatorsService);
    await operators.add({ name: 'eve', role: 'operator', password: 'password of eve' });
    const signIn = await fetch(`${world.url}/admin/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'eve', password: 'password of eve' }),
    });
    const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const csrf = ((await signIn.json()) as Record<string, string>)['csrf-token'] ?? '';
    const hold = await Hold.take(world.store);
    const { id } = await beginOne();
    const events = await fetch(`${world.url}/admin/v1/imports/${id}/events`, { headers: { cookie } });
    expect(events.status).toBe(200);
    await fetch(`${world.url}/admin/v1/session`, {
      method: 'DELETE',
      headers: { cookie, 'x-csrf-token': csrf },
    });
    expect(await events.text()).toContain('the session has ended');
    await hold.release();
    await client.ended(id);
  });

  it(`go to ${MAX_STREAMS_PER_PRINCIPAL} readers of one token, and places come back`, async () => {
    const hold = await Hold.take(world.store);
    const { id } = await beginOne();
    const watchers = world.store.app.get(PushJobWatchersService);
    const open = async () => {
      const stop = new AbortController();
      const headers = { authorization: `Bearer ${client.token}` };
      const answer = await fetch(`${world.url}/admin/v1/imports/${id}/events`, {
        headers,
        signal: stop.signal,
      });
      return { status: answer.status, stop };
    };
    const streams = [];
    for (let count = 0; count < MAX_STREAMS_PER_PRINCIPAL; count += 1) streams.push(await open());
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    expect((await open()).status).toBe(429);
    for (const { stop } of streams) stop.abort();
    await until(() => Promise.resolve(watchers.count === 0));
    const again = await open();
    expect(again.status).toBe(200);
    again.stop.abort();
    await hold.release();
    await client.ended(id);
  });
});

describe('a unit', () => {
  it(`that is killed ${MAX_ATTEMPTS} times leaves its import refused`, async () => {
    const hold = await Hold.take(world.store);
    const [first, second, third] = [await beginOne(), await beginOne(), await beginOne()];
    await untilState(second.id, 'running');
    await world.store.query(
      `update push_job set state = 'running', unit = gen_random_uuid(), attempts = ${MAX_ATTEMPTS}, lease_until = now() - interval '1 s' where id = ${third.id}`,
    );
    await hold.release();
    expect(await client.ended(third.id)).toMatchObject({
      state: 'refused',
      error: { message: expect.stringContaining(`stopped ${MAX_ATTEMPTS} times`) as unknown },
    });
    await client.ended(first.id);
    await client.ended(second.id);
  });
});
