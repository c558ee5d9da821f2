import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shareOf } from '../../src/channels/rollout.js';
import { TestStoreStack } from '../support/store-stack.js';
import { Acme, SNAPD_ID } from './acme.js';
import type { SnapdDevice } from './device.js';
import {
  certifySigningKey,
  classicModel,
  registerModel,
  serialOf,
  startBrandDevice,
} from './registered-device.js';

const MODEL = 'acme-desk';

const brand = new TestStoreStack({ authorityId: 'acme-brand', hasOneKey: true });
let acme: Acme;
let device: SnapdDevice;
/** The percentage from which a progressive release reaches the device. */
let reachedFrom: number;

beforeAll(async () => {
  const model = classicModel(brand, MODEL);
  acme = await Acme.register(brand.trusted());
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  const { snapId } = await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 });
  await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 }, 'latest/edge');
  await certifySigningKey(acme, brand, [model]);
  await registerModel(acme, MODEL);
  await acme.store.serve();
  device = await startBrandDevice(acme, brand, model);
  await device.snap('install', 'acme-hello');
  const serial = await serialOf(device);
  reachedFrom = Math.floor(shareOf(snapId, { brandId: brand.authorityId, model: MODEL, serial })) + 1;
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
});

/** The revision of the snap after a refresh. */
async function refreshed(): Promise<string | undefined> {
  await device.snap('refresh', 'acme-hello');
  return /^acme-hello +\S+ +(\d+)/m.exec(await device.snap('list', 'acme-hello'))?.[1];
}

async function releaseTo(percentage: number): Promise<void> {
  await acme.store.run('release', 'acme-hello', '2', 'stable', '--percentage', String(percentage));
}

// The steps of one device's life, in order: each continues from the previous one.
describe('a registered device', () => {
  it('gets the revision that its group is held at, and the channel again afterwards', async () => {
    await acme.store.run('create-group', 'canary');
    await acme.store.run('override', 'acme-hello', 'stable=2', '--group', 'canary');
    expect(await refreshed()).toBe('1');
    await acme.store.run('add-to-group', 'canary', '--model', `${brand.authorityId}/${MODEL}`);
    expect(await refreshed()).toBe('2');
    await acme.store.run('delete-override', 'acme-hello', 'stable', '--group', 'canary');
    expect(await refreshed()).toBe('1');
  });

  it('gets a release when its percentage is high enough, and keeps it', async () => {
    if (reachedFrom > 1) {
      await releaseTo(reachedFrom - 1);
      expect(await refreshed()).toBe('1');
    }
    await releaseTo(reachedFrom);
    expect(await refreshed()).toBe('2');
    await releaseTo(100);
    expect(await refreshed()).toBe('2');
  });
});
