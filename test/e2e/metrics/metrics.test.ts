import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokensService } from '../../../src/management/tokens.service.js';
import { STALE_MS } from '../../../src/metrics/kept-figures.js';
import { MetricsService } from '../../../src/metrics/metrics.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { addManySnaps } from '../../support/many-snaps.js';
import { poll } from '../../support/poll.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { listen, send, type WireReply } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
let port: number;
let token: string;
let snap: TestSnap;

const tokens = () => world.store.app.get(TokensService);

beforeAll(async () => {
  world = await World.start();
  snap = await world.push({ name: 'one', revision: 1 });
  port = await listen(world.store.app);
  token = (await tokens().create({ name: 'prometheus', role: 'viewer', scopes: ['read'] })).text;
});
afterAll(() => world.stop());

async function scrape(
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` },
): Promise<WireReply> {
  return await send(port, { path: '/metrics', headers });
}

/** The value of a line, by its name and labels as they are written. */
function valueIn({ body }: WireReply, name: string): number | undefined {
  const line = body
    .toString()
    .split('\n')
    .find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function value(name: string): Promise<number | undefined> {
  return valueIn(await scrape(), name);
}

describe('who may read metrics', () => {
  const settings = () => world.store.app.get(SettingsService);

  it('needs a token that may read', async () => {
    expect((await scrape()).status).toBe(200);
    const other = (await tokens().create({ name: 'other', role: 'viewer', scopes: ['import'] })).text;
    expect((await scrape({ authorization: `Bearer ${other}` })).status).toBe(403);
    const refused = await scrape({});
    expect(refused).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate': 'Bearer realm="store management"',
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
      },
    });
    expect((await scrape({ 'snap-device-authorization': 'Macaroon root="x"' })).status).toBe(401);
    expect((await send(port, { path: `/metrics?token=${token}` })).status).toBe(400);
  });

  it('or an address of proxy.metrics.allow, and forgets it with the setting', async () => {
    await settings().set([['proxy.metrics.allow', '192.0.2.0/24, 127.0.0.1']]);
    expect(
      await poll(
        async () => (await scrape({})).status,
        (status) => status === 200,
      ),
    ).toBe(200);
    await settings().set([['proxy.metrics.allow', '192.0.2.0/24']]);
    expect(
      await poll(
        async () => (await scrape({})).status,
        (status) => status === 401,
      ),
    ).toBe(401);
    await settings().set([['proxy.metrics.allow', '']]);
  });

  it.each(['10.0.0.0/33', 'prometheus', '0.0.0.0/0'])('refuses %s as an address', async (text) => {
    await expect(settings().set([['proxy.metrics.allow', text]])).rejects.toThrow(
      `cannot set proxy.metrics.allow to "${text}": "${text}" is not an address or a range such as 10.0.0.0/8`,
    );
  });
});

describe('OpenMetrics', () => {
  it('is what it says: every family has a help and a type, every line a number, and the end is marked', async () => {
    const reply = await scrape();
    expect(reply.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const text = reply.body.toString();
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
      name,
      type,
    }));
    expect(families.length).toBeGreaterThan(25);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
      expect(line).toMatch(/^[a-z_]+(?:\{[^}]*\})? (?:[-+.e\d]+|\+Inf)$/);
      const name = /^[a-z_]+/.exec(line)?.[0] ?? '';
      const family = families.find((each) => name.startsWith(each.name));
      expect(family, line).toBeDefined();
      if (family?.type === 'counter') expect(name).toBe(`${family.name}_total`);
    }
  });

  it('counts answers by the pattern of their route and their status, and nothing else of a request', async () => {
    await send(port, { path: '/v2/snaps/info/one' });
    await send(port, { path: '/v2/snaps/info/one?fields=version' });
    await send(port, { path: '/v2/snaps/info/secret-name' });
    await send(port, { path: '/v2/snaps/info/one', method: 'HEAD' });
    await send(port, { path: '/secret-path' });
    const reply = await scrape();
    const route = 'snap_store_http_request_duration_seconds_count';
    expect(valueIn(reply, `${route}{method="GET",route="/v2/snaps/info/:name",status="200"}`)).toBe(2);
    expect(valueIn(reply, `${route}{method="GET",route="/v2/snaps/info/:name",status="404"}`)).toBe(1);
    expect(valueIn(reply, `${route}{method="HEAD",route="/v2/snaps/info/:name",status="200"}`)).toBe(1);
    expect(valueIn(reply, `${route}{method="any",route="none",status="404"}`)).toBeGreaterThanOrEqual(1);
    expect(reply.body.toString()).not.toMatch(/secret/);
    const bucket = 'snap_store_http_request_duration_seconds_bucket';
    const labels = 'method="GET",route="/v2/snaps/info/:name",status="200"';
    expect(valueIn(reply, `${bucket}{${labels},le="+Inf"}`)).toBe(2);
    expect(valueIn(reply, `${bucket}{${labels},le="600"}`)).toBe(2);
  });

  it('counts what devices get, and the bytes that are sent', async () => {
    const install = { action: 'install', 'instance-key': 'i', name: 'one', channel: 'stable' };
    const sent = (await value('snap_store_sent_bytes_total')) ?? 0;
    await world.refresh([
      install,
      { ...install, 'instance-key': 'j' },
      { ...install, 'instance-key': 'k', name: 'none' },
    ]);
    await send(port, { path: `/api/v1/snaps/download/${snap.snapId}_1.snap` });
    await send(port, {
      path: `/api/v1/snaps/download/${snap.snapId}_1.snap`,
      headers: { range: 'bytes=0-9' },
    });
    const reply = await scrape();
    expect(valueIn(reply, 'snap_store_refresh_results_total{result="install",code=""}')).toBe(2);
    expect(valueIn(reply, 'snap_store_refresh_results_total{result="error",code="name-not-found"}')).toBe(1);
    expect(valueIn(reply, 'snap_store_download_bytes_total{kind="snap"}')).toBe(snap.bytes.length + 10);
    expect((valueIn(reply, 'snap_store_sent_bytes_total') ?? 0) - sent).toBeGreaterThan(snap.bytes.length);
    expect(valueIn(reply, 'snap_store_connections')).toBeGreaterThan(0);
  });

  it('shows what the store has, the disk, the pool, and the process', async () => {
    const reply = await scrape();
    expect(valueIn(reply, 'snap_store_snaps')).toBe(1);
    expect(valueIn(reply, 'snap_store_stored_bytes')).toBe(snap.bytes.length);
    expect(valueIn(reply, 'snap_store_imports_total{outcome="pushed"}')).toBe(1);
    for (const state of ['queued', 'running', 'done', 'refused', 'cancelled'])
      expect(valueIn(reply, `snap_store_jobs{state="${state}"}`)).toBe(0);
    expect(valueIn(reply, 'snap_store_jobs_ended_total{outcome="refused"}')).toBe(0);
    expect(valueIn(reply, 'snap_store_devices')).toBe(0);
    expect(valueIn(reply, 'snap_store_devices_seen{within="1d"}')).toBe(0);
    expect(valueIn(reply, 'snap_store_disk_free_bytes')).toBeGreaterThan(0);
    expect(valueIn(reply, 'snap_store_database_up')).toBe(1);
    expect(valueIn(reply, 'snap_store_database_connections{state="idle"}')).toBeGreaterThan(0);
    expect(valueIn(reply, 'snap_store_event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
    expect(valueIn(reply, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(valueIn(reply, 'process_start_time_seconds')).toBeLessThanOrEqual(Date.now() / 1e3);
  });
});

it('asks the database nothing for a scrape while what it knows is fresh, also with 10,000 snaps', async () => {
  await addManySnaps(world.store.databaseUrl, 1, 10_000);
  await scrape();
  const millis: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const start = performance.now();
    expect((await scrape()).status).toBe(200);
    millis.push(performance.now() - start);
  }
  const start = performance.now();
  for (let round = 0; round < 20; round += 1) await world.store.app.get(MetricsService).text();
  const textMillis = (performance.now() - start) / 20;
  const median = millis.toSorted((a, b) => a - b)[10] ?? 0;
  // No limit of time: it is for whoever reads the run.
  process.stdout.write(
    `a scrape with 10,000 snaps: ${median.toFixed(1)} ms, of which ${textMillis.toFixed(1)} ms are not HTTP\n`,
  );
  // What it knew before is still shown: it is not older than that.
  expect(await value('snap_store_snaps')).toBe(1);
  expect(STALE_MS).toBeGreaterThan(1_000);
});
