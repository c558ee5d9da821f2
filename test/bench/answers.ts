import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/ports.js';
import { TestStoreStack } from '../support/store-stack.js';
import { TestDevice } from '../support/test-device.js';
import type { PeerRoute } from './fastify-peer.js';
import type { Load } from './load.js';
import { startProcess, stopProcess, untilAnswers } from './processes.js';
import { progress } from './report.js';
import { DEVICE_HEADERS, refreshBody, SNAP_FIELDS } from './snapd-request.js';
import { missingTool } from './tools.js';
import type { World } from './world.js';

const CONNECTIONS = 32;
const SECONDS = 2;
const PEER_PROGRAM = join(import.meta.dirname, 'fastify-peer.mjs');

type Case = Pick<Load, 'path' | 'bodies' | 'headers'>;

const JSON_HEADERS = { ...DEVICE_HEADERS, 'Content-Type': 'application/json' };

function cases({ smallSnaps: snaps }: World): Record<string, Case> {
  const [first] = snaps;
  if (!first) throw new Error('the store is empty');
  const refresh = (count: number): Case => ({
    // A path for each, so that the peer has a route for each; our server does not look at the query.
    path: `/v2/snaps/refresh?of=${count}`,
    bodies: [refreshBody(snaps.slice(0, count))],
    headers: JSON_HEADERS,
  });
  return {
    refresh1_vs_fastify: refresh(1),
    refresh50_vs_fastify: refresh(50),
    info_vs_fastify: {
      path: `/v2/snaps/info/${first.name}?architecture=amd64&fields=${SNAP_FIELDS.join('%2C')}`,
      headers: DEVICE_HEADERS,
    },
    assertion_vs_fastify: {
      path: `/v2/assertions/snap-declaration/16/${first.snapId}?max-format=6`,
      headers: { ...DEVICE_HEADERS, Accept: 'application/x.ubuntu.assertion' },
    },
  };
}

/** What the peer answers to a case: the bytes and media type that our server answers. */
async function peerRoute(origin: string, { path, bodies, headers }: Case): Promise<PeerRoute> {
  const [body] = bodies ?? [];
  const method = body === undefined ? 'GET' : 'POST';
  const response = await fetch(origin + path, {
    method,
    headers: { ...headers },
    ...(body !== undefined && { body }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200 || bytes.includes('"result":"error"'))
    throw new Error(`${path} answers ${response.status}: ${bytes.toString()}`);
  return {
    method,
    path: peerPath(path),
    contentType: response.headers.get('content-type') ?? '',
    base64: bytes.toString('base64'),
  };
}

/** Fastify routes by path alone. */
function peerPath(path: string): string {
  return path.replace(/\?of=(\d+)$/, '/of/$1').replace(/\?.*/, '');
}

/** What a device with a serial sends along, once the store has given it a session. */
async function openSession(origin: string): Promise<string> {
  const device = new TestDevice(new TestStoreStack({ authorityId: 'bench' }), 'serial-1');
  const ask = async (path: string, body?: object) => {
    const response = await fetch(`${origin}/api/v1/snaps/auth/${path}`, {
      method: 'POST',
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (response.status !== 200)
      throw new Error(`${path} answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as { nonce?: string; macaroon?: string };
  };
  const { nonce = '' } = await ask('nonces');
  const { macaroon = '' } = await ask('sessions', device.request({ nonce }));
  return `Macaroon root="${macaroon}"`;
}

const SESSION_KEY = 'refresh50_session_vs_without';

/** What a session adds to a refresh of fifty snaps: time with it ÷ time without, of the same store. */
async function benchSession({ report, store, load, smallSnaps }: World): Promise<void> {
  const without: Load = {
    path: '/v2/snaps/refresh',
    bodies: [refreshBody(smallSnaps.slice(0, 50))],
    headers: JSON_HEADERS,
    connections: CONNECTIONS,
    seconds: SECONDS,
  };
  const authorization = await openSession(store.url);
  const withSession = {
    ...without,
    headers: { ...JSON_HEADERS, 'Snap-Device-Authorization': authorization },
  };
  const run = async (one: Load) => (await load.run(store.url, one)).requestsPerSecond;
  await run(without);
  await run(withSession);
  const rates: { plain: number[]; session: number[] } = { plain: [], session: [] };
  for (let pair = 1; pair <= report.pairs; pair += 1) {
    progress(`${SESSION_KEY}, pair ${pair}`);
    rates.plain.push(await run(without));
    rates.session.push(await run(withSession));
  }
  report.ratio(SESSION_KEY, rates.plain, rates.session);
}

/** Requests per second of what devices ask most, against a bare Fastify that answers the same bytes. */
export async function benchAnswers(world: World): Promise<void> {
  const { report, store, directory, load } = world;
  const all = Object.entries(cases(world));
  const missing = missingTool('wrk', 'wrk');
  if (missing !== undefined) return report.missing([...all.map(([key]) => key), SESSION_KEY], missing);
  const routesPath = join(directory, 'routes.json');
  writeFileSync(
    routesPath,
    JSON.stringify(await Promise.all(all.map(([, one]) => peerRoute(store.url, one)))),
  );
  const port = await freePort();
  const peer = startProcess(process.execPath, [PEER_PROGRAM, String(port), routesPath]);
  const peerUrl = `http://127.0.0.1:${port}`;
  await untilAnswers(peer, peerUrl);
  for (const [key, one] of all) {
    const run = async (origin: string, path: string) =>
      (await load.run(origin, { ...one, path, connections: CONNECTIONS, seconds: SECONDS }))
        .requestsPerSecond;
    // Both warm up first: what is measured is a server that has been up for a while.
    await run(store.url, one.path);
    await run(peerUrl, peerPath(one.path));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let pair = 1; pair <= report.pairs; pair += 1) {
      progress(`${key}, pair ${pair}`);
      ours.push(await run(store.url, one.path));
      theirs.push(await run(peerUrl, peerPath(one.path)));
    }
    report.ratio(key, ours, theirs);
  }
  await stopProcess(peer);
  await benchSession(world);
}
