import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { freePort } from '../support/ports.js';
import type { TestSnap } from '../support/test-snaps.js';
import { Acme, SNAPD_ID, STORE_ID } from './acme.js';
import { CountingRelay } from './counting-relay.js';
import { SnapdDevice } from './device.js';
import { runOrThrow } from './programs.js';

const NAME = 'acme-big';
/** Data that does not compress, like most content of snaps. */
const DATA_BYTES = 6 << 20;
const CHANGED_BYTES = 20_000;

const data = randomBytes(DATA_BYTES);
let acme: Acme;
let relay: CountingRelay;
let device: SnapdDevice;

/** Packs the data with one part changed, as `snap pack` does, and pushes it. */
async function pushRevision(revision: number): Promise<TestSnap> {
  const folder = await acme.emptyFolder(`big-${revision}`);
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'meta'), { recursive: true });
  writeFileSync(
    join(tree, 'meta/snap.yaml'),
    `name: ${NAME}\nversion: "${revision}"\nbase: none\nsummary: Some megabytes\ndescription: Of data.\narchitectures: [all]\n`,
  );
  randomBytes(CHANGED_BYTES).copy(data, revision << 20);
  writeFileSync(join(tree, 'data.bin'), data);
  const file = join(folder, 'packed.snap');
  await runOrThrow('mksquashfs', [
    tree,
    file,
    '-noappend',
    '-comp',
    'xz',
    '-no-xattrs',
    '-all-root',
    '-quiet',
  ]);
  return await acme.push({ name: NAME, version: String(revision), revision, file }, 'latest/stable');
}

interface ListedDelta {
  readonly source: number;
  readonly target: number;
  readonly state: string;
  readonly size: number;
  readonly 'used-at': string | null;
}

async function listDeltas(): Promise<ListedDelta[]> {
  const listed = await acme.store.run('list-deltas', NAME, '--json');
  return (JSON.parse(listed) as { deltas: ListedDelta[] }).deltas;
}

/** Waits until the running server has made a delta by itself. */
async function ready(source: number, target: number): Promise<ListedDelta> {
  for (;;) {
    const found = (await listDeltas()).find((delta) => delta.source === source && delta.target === target);
    if (found?.state === 'ready') return found;
    if (found && found.state !== 'started') throw new Error(`no delta was made: ${JSON.stringify(found)}`);
    await sleep(200);
  }
}

const installedDigest = (revision: number) =>
  sha3_384(device.readBytes(`var/lib/snapd/snaps/${NAME}_${revision}.snap`)).toString('hex');

beforeAll(async () => {
  acme = await Acme.register();
  // Devices connect to the relay, at the address in the store assertion; the store listens behind it.
  const behind = await freePort();
  relay = await CountingRelay.start(acme.store.port, behind);
  await acme.store.run('config', `proxy.port.http=${behind}`);
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await pushRevision(1);
  await acme.store.serve();
  device = await SnapdDevice.start(acme.trustedRoots);
  await device.snap('ack', await acme.storeAssertions());
  await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
  await device.snap('install', NAME);
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
  relay?.stop();
});

// Debian's snapd 2.57.6, which applies deltas with the host's xdelta3. Each step continues from the previous one.
describe('a device that accepts deltas', () => {
  it('is refreshed with a delta: the whole file is not sent', async () => {
    console.log(await device.snap('version'));
    const snap = await pushRevision(2);
    const { size } = await ready(1, 2);
    relay.served = [];
    await device.snap('refresh', NAME);
    const { snapId, bytes } = snap;
    expect(relay.downloads).toEqual([
      { path: `/api/v1/snaps/download/${snapId}_1_2_xdelta3.delta`, status: 200, bytes: size },
    ]);
    expect(size).toBeLessThan(bytes.length / 10);
    expect(installedDigest(2)).toBe(snap.digest.toString('hex'));
    console.log(`a delta of ${size} bytes was sent in the place of ${bytes.length}`);
  });

  it('downloads the whole file if the delta is damaged in transit', async () => {
    const snap = await pushRevision(3);
    const { size } = await ready(2, 3);
    relay.served = [];
    relay.corrupts = /\.delta$/;
    await device.snap('refresh', NAME);
    expect(relay.downloads.at(0)?.bytes).toBe(size);
    expect(relay.downloads.at(-1)).toEqual({
      path: `/api/v1/snaps/download/${snap.snapId}_3.snap`,
      status: 200,
      bytes: snap.bytes.length,
    });
    expect(installedDigest(3)).toBe(snap.digest.toString('hex'));
  });

  it('downloads the whole file if there is no delta', async () => {
    relay.corrupts = undefined;
    await acme.store.run('config', 'proxy.deltas.enabled=false');
    const snap = await pushRevision(4);
    relay.served = [];
    await device.snap('refresh', NAME);
    expect(relay.downloads.map(({ path, bytes }) => [path, bytes])).toEqual([
      [`/api/v1/snaps/download/${snap.snapId}_4.snap`, snap.bytes.length],
    ]);
    expect(installedDigest(4)).toBe(snap.digest.toString('hex'));
  });

  it('is counted as having downloaded deltas', async () => {
    const used = async () => (await listDeltas()).filter((delta) => delta['used-at'] !== null);
    while ((await used()).length < 2) await sleep(200);
    expect((await used()).map(({ source, target }) => [source, target])).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});
