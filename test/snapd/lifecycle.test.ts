import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLISHER_ID } from '../support/test-snaps.js';
import { Acme, CORE_ID, SNAPD_ID, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import { TEST_SNAPS } from './programs.js';

const HELLO = 'snap/acme-hello/current/bin/hello';

let acme: Acme;

beforeAll(async () => {
  acme = await Acme.register();
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'core', version: '2.57.6', revision: 1, snapId: CORE_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  await acme.push({ name: 'acme-data', version: '1', revision: 7 });
  await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 }, 'latest/stable');
  await acme.store.serve();
});

afterAll(async () => {
  await acme?.stop();
});

/** The row of `snap list` about a snap, its columns split. */
async function listed(device: SnapdDevice, name: string): Promise<string[] | undefined> {
  const rows = (await device.snap('list')).split('\n').map((row) => row.split(/\s+/));
  return rows.find(([column]) => column === name)?.slice(1, 4);
}

// The steps of one device's life, in order: each continues from the previous one.
describe('a device of the store', () => {
  let device: SnapdDevice;

  beforeAll(async () => {
    device = await SnapdDevice.start(acme.trustedRoots);
  });

  afterAll(async () => {
    await device?.stop();
  });

  it('refuses a store whose assertion it does not have', async () => {
    expect(await device.snapRefused('set', 'system', `proxy.store=${STORE_ID}`)).toContain(
      `cannot set proxy.store to "${STORE_ID}" without a matching store assertion`,
    );
  });

  it('accepts the assertions that the store serves about itself', async () => {
    await device.snap('ack', await acme.storeAssertions());
    expect(await device.snap('known', 'store', `store=${STORE_ID}`)).toContain(`url: ${acme.store.url}\n`);
  });

  it('is configured to use the store', async () => {
    await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
    expect(await device.snap('get', 'system', 'proxy.store')).toBe(`${STORE_ID}\n`);
  });

  it('finds a snap', async () => {
    expect(await device.snap('find', 'hello')).toMatch(/^acme-hello +1\.0 +acme +- +Hello from acme$/m);
  });

  it('finds nothing if nothing matches', async () => {
    expect((await device.run('find', 'no-such-word')).stderr).toContain(
      'No matching snaps for "no-such-word"',
    );
  });

  it('shows a snap that is not installed', async () => {
    const info = await device.snap('info', 'acme-hello');
    expect(info).toMatch(/^name: +acme-hello$/m);
    expect(info).toMatch(/^summary: +Hello from acme$/m);
    expect(info).toMatch(/^publisher: +Acme Corp \(acme\)$/m);
    expect(info).toMatch(/^ {2}latest\/stable: +1\.0 +\S+ +\(1\) +(?:4kB|4096B) -$/m);
    expect(info).toContain('Says hello, and which version it is.');
  });

  it('says that a snap is not there', async () => {
    expect(await device.snapRefused('install', 'no-such-snap')).toContain(
      'error: snap "no-such-snap" not found',
    );
    expect(await device.snapRefused('info', 'no-such-snap')).toContain(
      'error: no snap found for "no-such-snap"',
    );
  });

  it('says that a channel is not there', async () => {
    expect(await device.snapRefused('install', '--channel=9.x', 'acme-data')).toContain(
      'snap "acme-data" is not available on 9.x/stable',
    );
  });

  it('installs a snap, after the snaps that it needs', async () => {
    expect(await device.snap('install', 'acme-hello')).toMatch(
      /acme-hello 1\.0 from Acme Corp \(acme\) installed/,
    );
    expect(await listed(device, 'acme-hello')).toEqual(['1.0', '1', 'latest/stable']);
    expect(await listed(device, 'acme-base')).toEqual(['1', '1', 'latest/stable']);
    expect(device.read(HELLO)).toContain('echo hello 1.0');
  });

  it('has the assertions of the installed snaps', async () => {
    const known = await device.snap('known', 'snap-declaration', 'snap-name=acme-hello');
    expect(known).toContain(`publisher-id: ${PUBLISHER_ID}\n`);
  });

  it('has nothing to refresh if nothing is new', async () => {
    expect((await device.run('refresh')).stderr).toContain('All snaps up to date.');
  });

  it('refreshes to a revision that is pushed while the store runs', async () => {
    await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 }, 'latest/stable');
    expect(await device.snap('refresh', '--list')).toMatch(/^acme-hello +2\.0 +2 /m);
    expect(await device.snap('refresh')).toMatch(/acme-hello 2\.0 from Acme Corp \(acme\) refreshed/);
    expect(await listed(device, 'acme-hello')).toEqual(['2.0', '2', 'latest/stable']);
    expect(device.read(HELLO)).toContain('echo hello 2.0');
  });

  it('reverts to the previous revision, and stays there', async () => {
    expect(await device.snap('revert', 'acme-hello')).toContain('acme-hello reverted to 1.0');
    expect((await device.run('refresh')).stderr).toContain('All snaps up to date.');
    expect(await listed(device, 'acme-hello')).toEqual(['1.0', '1', 'latest/stable']);
    expect(device.read(HELLO)).toContain('echo hello 1.0');
  });

  it('refreshes to another channel', async () => {
    await acme.push({ name: 'acme-hello', version: '3.0', revision: 3 }, 'latest/edge');
    expect(await device.snap('refresh', '--channel=edge', 'acme-hello')).toMatch(
      /acme-hello \(edge\) 3\.0 from Acme Corp \(acme\) refreshed/,
    );
    expect(await listed(device, 'acme-hello')).toEqual(['3.0', '3', 'latest/edge']);
  });

  it('switches the channel, and refreshes on request', async () => {
    expect(await device.snap('switch', '--channel=stable', 'acme-hello')).toContain(
      '"acme-hello" switched to the "latest/stable" channel',
    );
    expect(await listed(device, 'acme-hello')).toEqual(['3.0', '3', 'latest/stable']);
    await device.snap('refresh', 'acme-hello');
    expect(await listed(device, 'acme-hello')).toEqual(['2.0', '2', 'latest/stable']);
  });

  it.each([
    ['snap-declaration', ['series=16', `snap-id=${SNAPD_ID}`], 'snap-name: snapd\n'],
    ['account', [`account-id=${PUBLISHER_ID}`], 'display-name: Acme Corp\n'],
    ['store', [`store=${STORE_ID}`], `operator-id: ${PUBLISHER_ID}\n`],
  ])('asks the store for an assertion: %s', async (type, key, line) => {
    expect(await device.snap('known', '--remote', type, ...key)).toContain(line);
  });

  it('requests from the store the account-key that signs its assertions', async () => {
    const { storeAccountKey } = acme.publisher.stack;
    const id = `public-key-sha3-384=${storeAccountKey.primaryKey[0]}`;
    expect(await device.snap('known', '--remote', 'account-key', id)).toBe(storeAccountKey.bytes.toString());
  });

  it('is told that an assertion does not exist', async () => {
    const asked = ['known', '--remote', 'snap-declaration', 'series=16', `snap-id=${'x'.repeat(32)}`];
    expect((await device.run(...asked)).stdout).toBe('');
  });

  it('removes a snap, and installs it again', async () => {
    expect(await device.snap('remove', '--purge', 'acme-hello')).toContain('acme-hello removed');
    expect(await listed(device, 'acme-hello')).toBeUndefined();
    await device.snap('install', '--edge', 'acme-hello');
    expect(await listed(device, 'acme-hello')).toEqual(['3.0', '3', 'latest/edge']);
  });

  it('installs a snap without a base', async () => {
    await device.snap('install', 'acme-data');
    expect(await listed(device, 'acme-data')).toEqual(['1', '7', 'latest/stable']);
    expect(device.read('snap/acme-data/current/data.txt')).toBe('data\n');
  });
});

describe('snap download', () => {
  let device: SnapdDevice;

  beforeAll(async () => {
    device = await SnapdDevice.start(acme.trustedRoots);
  });

  afterAll(async () => {
    await device?.stop();
  });

  it('writes files and assertions, which a device without a store then installs', async () => {
    const folder = await acme.emptyFolder('downloads');
    // In this order, because a device without snapd and core installs nothing else first.
    for (const [name, revision] of [
      ['snapd', 1],
      ['acme-base', 1],
      ['acme-hello', 2],
    ]) {
      const { status, stderr } = await device.snapByItself(acme.store.url, folder, 'download', `${name}`);
      // Releases of 2025 look for xdelta3 in the snap `snapd`, but the replacement cannot run there.
      const said = stderr.split('\n').filter((line) => !line.includes('system snap provided xdelta3'));
      expect({ status, said }).toEqual({ status: 0, said: [''] });
      await device.snap('ack', join(folder, `${name}_${revision}.assert`));
      await device.snap('install', join(folder, `${name}_${revision}.snap`));
    }
    expect(await listed(device, 'acme-hello')).toEqual(['2.0', '2', '-']);
    expect(device.read(HELLO)).toContain('echo hello 2.0');
  });

  it('resumes where it was interrupted', async () => {
    const folder = await acme.emptyFolder('interrupted');
    const whole = readFileSync(join(TEST_SNAPS, 'acme-base_1.snap'));
    writeFileSync(join(folder, 'acme-base_1.snap.partial'), whole.subarray(0, 300_000));
    expect((await device.snapByItself(acme.store.url, folder, 'download', 'acme-base')).status).toBe(0);
    expect(readFileSync(join(folder, 'acme-base_1.snap')).equals(whole)).toBe(true);
  });

  it('says that a snap is not there', async () => {
    const folder = await acme.emptyFolder('nothing');
    const { status, stderr } = await device.snapByItself(acme.store.url, folder, 'download', 'no-such-snap');
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('cannot download snap "no-such-snap": snap not found'),
    ]);
  });
});
