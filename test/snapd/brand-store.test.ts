import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestStoreStack } from '../support/store-stack.js';
import { Acme, SNAPD_ID, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import {
  certifySigningKey,
  classicModel,
  registerModel,
  serialOf,
  startBrandDevice,
} from './registered-device.js';

const MAIN = 'brand-main';
const VIEW = 'brand-devices';

const brand = new TestStoreStack({ authorityId: 'acme-brand', hasOneKey: true });
const ofStore = classicModel(brand, 'of-store', { store: VIEW });
const ofNone = classicModel(brand, 'of-none', { store: 'elsewhere' });
let acme: Acme;
let helloId: string;
const devices: SnapdDevice[] = [];

beforeAll(async () => {
  acme = await Acme.register(brand.trusted());
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  helloId = (await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 })).snapId;
  await certifySigningKey(acme, brand, [ofStore, ofNone]);
  for (const model of ['of-store', 'of-none']) await registerModel(acme, model);
  await acme.store.run('add-store', MAIN, '--brand', brand.authorityId);
  await acme.store.run('add-store', VIEW, '--brand', brand.authorityId, '--parent', MAIN);
  await acme.store.run('set-store', 'acme-hello', MAIN);
  await acme.store.serve();
});

afterAll(async () => {
  for (const device of devices) await device.stop();
  await acme?.stop();
});

/** The snap's declaration as the store gives it to the device. */
async function knownRemotely(device: SnapdDevice): Promise<string> {
  return await device.snap('known', '--remote', 'snap-declaration', 'series=16', `snap-id=${helloId}`);
}

/** Checks what a device without the snap's store finds and gets. */
async function expectNothing(device: SnapdDevice): Promise<void> {
  expect(await device.snapRefused('info', 'acme-hello')).toContain('no snap found for "acme-hello"');
  // The base is called something like it.
  expect((await device.run('find', 'acme-hello')).stdout).not.toContain('acme-hello');
  expect(await device.snapRefused('install', 'acme-hello')).toContain('snap "acme-hello" not found');
  expect(await knownRemotely(device)).toBe('');
}

describe('a snap of a brand’s store', () => {
  it('is hidden from a device that is not registered', async () => {
    const device = await SnapdDevice.start(acme.trustedRoots);
    devices.push(device);
    await device.snap('ack', await acme.storeAssertions());
    await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
    await expectNothing(device);
    const folder = await acme.emptyFolder('downloads');
    const { status } = await device.snapByItself(acme.store.url, folder, 'download', 'acme-hello');
    expect(status).not.toBe(0);
  });

  it('is hidden from a registered device of the brand whose model names another store', async () => {
    const device = await startBrandDevice(acme, brand, ofNone);
    devices.push(device);
    await serialOf(device);
    await expectNothing(device);
  });

  it('is found, installed and refreshed by a registered device of the store', async () => {
    const device = await startBrandDevice(acme, brand, ofStore);
    devices.push(device);
    await serialOf(device);
    expect(await device.snap('info', 'acme-hello')).toMatch(/latest\/stable: +1\.0/);
    expect(await device.snap('find', 'acme-hello')).toMatch(/^acme-hello +1\.0 /m);
    expect(await knownRemotely(device)).toContain('snap-name: acme-hello');
    await device.snap('install', 'acme-hello');
    await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 });
    await device.snap('refresh', 'acme-hello');
    expect(await device.snap('list', 'acme-hello')).toMatch(/^acme-hello +2\.0 +2 /m);
  });
});
