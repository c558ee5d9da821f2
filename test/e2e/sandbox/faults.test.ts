import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, type FaultRequest } from '../../support/sandbox.js';
import { post, refusal } from './client.js';

const DOWNLOADS = '/api/v1/snaps/download/*';

let sandbox: Sandbox;
let file: string;
let whole: Buffer;

beforeAll(async () => {
  sandbox = await Sandbox.start();
  file = `${sandbox.url}/api/v1/snaps/download/SandboxHelloSandboxHelloSandbo03_3.snap`;
  whole = Buffer.from(await (await fetch(file)).arrayBuffer());
});
afterAll(async () => await sandbox.stop());
afterEach(async () => await sandbox.clearFaults());

/** Reads a body, whole or cut. */
async function read(url: string): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Uint8Array[] = [];
  const { body } = await fetch(url);
  try {
    if (body) for await (const chunk of body) chunks.push(chunk as Uint8Array);
    return { bytes: Buffer.concat(chunks), cut: false };
  } catch {
    return { bytes: Buffer.concat(chunks), cut: true };
  }
}

describe('a connection', () => {
  it.each([
    [99, 4_055],
    [50, 2_048],
    [100, 4_096],
  ])('is cut at %d percent, as many times as requested', async (percent, bytes) => {
    expect(whole.length).toBe(4_096);
    await sandbox.fault({ kind: 'cut', percent, count: 2, path: DOWNLOADS });
    for (let time = 1; time <= 2; time += 1) {
      const got = await read(file);
      // A body that is cut after its last byte arrives whole.
      expect({ size: got.bytes.length, cut: got.cut }).toEqual({ size: bytes, cut: percent < 100 });
      expect(got.bytes.equals(whole.subarray(0, bytes))).toBe(true);
    }
    expect(await read(file)).toEqual({ bytes: whole, cut: false });
    expect(await sandbox.faults()).toEqual([]);
  });

  it('is cut before the first byte', async () => {
    await sandbox.fault({ kind: 'cut', percent: 0, path: DOWNLOADS });
    await expect(fetch(file)).rejects.toThrow('fetch failed');
    expect(await read(file)).toEqual({ bytes: whole, cut: false });
  });

  it('is also cut in a JSON answer', async () => {
    await sandbox.fault({ kind: 'cut', path: '/v2/snaps/info/*' });
    expect((await read(`${sandbox.url}/v2/snaps/info/sandbox-hello`)).cut).toBe(true);
  });

  it('is cut every time without a count', async () => {
    await sandbox.fault({ kind: 'cut', count: 'always', path: DOWNLOADS });
    for (let time = 1; time <= 3; time += 1) expect((await read(file)).cut).toBe(true);
    await sandbox.clearFaults();
    expect((await read(file)).cut).toBe(false);
  });
});

it.each([
  [0, 0],
  [50, 2_048],
  [100, 4_095],
])('one byte is wrong at %d percent', async (percent, at) => {
  await sandbox.fault({ kind: 'wrong-bytes', percent, path: DOWNLOADS });
  const { bytes, cut } = await read(file);
  const wrong = [...whole.keys()].filter((index) => bytes[index] !== whole[index]);
  expect({ wrong, cut, size: bytes.length }).toEqual({ wrong: [at], cut: false, size: whole.length });
  expect(await read(file)).toEqual({ bytes: whole, cut: false });
});

it('an answer is slow, before or during the body', async () => {
  for (const percent of [0, 50]) {
    await sandbox.fault({ kind: 'slow', seconds: 0.3, percent, path: DOWNLOADS });
    const start = performance.now();
    expect(await read(file)).toEqual({ bytes: whole, cut: false });
    expect(performance.now() - start).toBeGreaterThanOrEqual(290);
  }
});

it.each([
  ['busy', 429],
  ['unavailable', 503],
] as const)('%s answers %d, with Retry-After if requested', async (kind, status) => {
  await sandbox.fault({ kind, 'retry-after': 7 });
  await sandbox.fault({ kind });
  const first = await fetch(file);
  expect([first.status, first.headers.get('retry-after')]).toEqual([status, '7']);
  const second = await post(`${sandbox.url}/v2/snaps/refresh`, {});
  expect([refusal(second), second.headers.get('retry-after')]).toEqual([`${status} ${kind}`, null]);
  expect((await fetch(file)).status).toBe(200);
});

it('applies to the paths that it names, and never to the control paths', async () => {
  await sandbox.fault({ kind: 'unavailable', path: '/v2/*/info/*', count: 'always' });
  expect((await fetch(`${sandbox.url}/v2/snaps/info/snapd`)).status).toBe(503);
  expect((await fetch(`${sandbox.url}/v2/snaps/find?q=snapd`)).status).toBe(200);
  await sandbox.fault({ kind: 'unavailable', count: 'always' });
  expect((await fetch(`${sandbox.url}/v2/snaps/find?q=snapd`)).status).toBe(503);
  expect(await sandbox.faults()).toHaveLength(2);
});

it.each([
  [{ kind: 'nonsense' }, 'kind must be one of'],
  [{ kind: 'cut', percent: 101 }, 'percent must be a number from 0 to 100'],
  [{ kind: 'cut', percent: -1 }, 'percent must be a number from 0 to 100'],
  [{ kind: 'slow', seconds: 601 }, 'seconds must be a number from 0 to 600'],
  [{ kind: 'busy', 'retry-after': 1.5 }, 'retry-after must be a whole number from 0 to 600'],
  [{ kind: 'busy', 'retry-after': 601 }, 'retry-after must be a whole number'],
  [{ kind: 'cut', count: 0 }, 'count must be a whole number from 1 to 1000000'],
  [{ kind: 'cut', count: 1_000_001 }, 'count must be a whole number from 1 to 1000000'],
  [{ kind: 'cut', path: 'v2' }, 'path must begin with / or *'],
  [{ kind: 'cut', path: `/${'p'.repeat(200)}` }, 'at most 200 characters'],
  [{ kind: 'cut', percentage: 1 }, 'is not known; give kind, path'],
])('%j is refused, and no fault waits', async (fault, why) => {
  await expect(sandbox.fault(fault as FaultRequest)).rejects.toThrow(why);
  expect(await sandbox.faults()).toEqual([]);
});

it('accepts values at the limits', async () => {
  await sandbox.fault({
    kind: 'slow',
    seconds: 600,
    percent: 100,
    count: 1_000_000,
    path: `/${'p'.repeat(199)}`,
  });
  for (let more = 1; more < 100; more += 1)
    await sandbox.fault({ kind: 'busy', 'retry-after': 600, path: '/no' });
  expect(await sandbox.faults()).toHaveLength(100);
  await expect(sandbox.fault({ kind: 'busy' })).rejects.toThrow('100 are already waiting');
});
