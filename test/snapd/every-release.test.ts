import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Acme, CORE_ID, SNAPD_ID, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import { PROJECT } from './programs.js';

/**
 * Only features that every snapd since 2.32 has, and output that all of them print: `release.sh` runs it with any
 * of them.
 */
describe('a device with any release of snapd', () => {
  let acme: Acme;
  let device: SnapdDevice;

  beforeAll(async () => {
    acme = await Acme.register();
    await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
    await acme.push({ name: 'core', version: '2.57.6', revision: 1, snapId: CORE_ID });
    await acme.push({ name: 'acme-base', version: '1', revision: 1 });
    await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 }, 'latest/stable');
    await acme.push({ name: 'acme-hello', version: '3.0', revision: 3 }, 'latest/edge');
    await acme.store.serve();
    device = await SnapdDevice.start(acme.trustedRoots);
  });

  afterAll(async () => {
    await device?.stop();
    await acme?.stop();
  });

  /** Version and revision of an installed snap. */
  async function listed(name: string): Promise<string[] | undefined> {
    const rows = (await device.snap('list')).split('\n').map((row) => row.split(/\s+/));
    return rows.find(([column]) => column === name)?.slice(1, 3);
  }

  /** The first of these releases contact the store themselves, without the daemon. */
  async function known(snapId: string) {
    const asked = ['known', '--remote', 'snap-declaration', 'series=16', `snap-id=${snapId}`];
    return await device.snapByItself(acme.store.url, PROJECT, ...asked);
  }

  it('prints its version', async () => {
    expect(await device.snap('version')).toMatch(/^snapd +\S+$/m);
    console.log(await device.snap('version'));
  });

  it('trusts the store, and is configured to use it', async () => {
    await device.snap('ack', await acme.storeAssertions());
    await device.snap('set', 'core', `proxy.store=${STORE_ID}`);
    expect(await device.snap('get', 'core', 'proxy.store')).toBe(`${STORE_ID}\n`);
  });

  it('finds a snap, and shows it', async () => {
    expect(await device.snap('find', 'hello')).toMatch(/^acme-hello +1\.0 +acme.*Hello from acme$/m);
    const info = await device.snap('info', 'acme-hello');
    expect(info).toMatch(/^name: +acme-hello$/m);
    expect(info).toMatch(/^ {2}(?:latest\/)?stable: +1\.0 /m);
  });

  it('installs snapd itself, and the snaps that it needs', async () => {
    await device.snap('install', 'core');
    expect(await listed('core')).toEqual(['2.57.6', '1']);
  });

  it('installs a snap with its base', async () => {
    await device.snap('install', 'acme-hello');
    expect([await listed('acme-hello'), await listed('acme-base')]).toEqual([
      ['1.0', '1'],
      ['1', '1'],
    ]);
    expect(device.read('snap/acme-hello/current/bin/hello')).toContain('echo hello 1.0');
  });

  it('refreshes a snap, and changes its channel', async () => {
    await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 }, 'latest/stable');
    await device.snap('refresh', 'acme-hello');
    expect(await listed('acme-hello')).toEqual(['2.0', '2']);
    await device.snap('refresh', '--edge', 'acme-hello');
    expect(await listed('acme-hello')).toEqual(['3.0', '3']);
    await device.snap('revert', 'acme-hello');
    expect(await listed('acme-hello')).toEqual(['2.0', '2']);
  });

  it('refreshes snapd itself', async () => {
    await acme.push({ name: 'core', version: '2.99', revision: 2, snapId: CORE_ID });
    await device.snap('refresh', 'core');
    expect(await listed('core')).toEqual(['2.99', '2']);
  });

  it('reports what does not exist', async () => {
    expect(await device.snapRefused('install', 'no-such-snap')).toContain('not found');
    expect(await device.snapRefused('info', 'no-such-snap')).toContain('no snap found for "no-such-snap"');
    expect((await known('x'.repeat(32))).stdout).toBe('');
  });

  it('requests an assertion by its key', async () => {
    expect((await known(SNAPD_ID)).stdout).toContain('snap-name: snapd\n');
  });
});
