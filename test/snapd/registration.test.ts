import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { TestStoreStack } from '../support/store-stack.js';
import { Acme, SNAPD_ID, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import { seedWithGadget } from './gadget.js';
import { IS_DEBIANS } from './programs.js';
import {
  certifySigningKey,
  classicModel,
  registerModel,
  serialOf,
  startBrandDevice,
} from './registered-device.js';

const LOOKS = 150;
const PAUSE_MS = 200;

interface ListedDevice {
  readonly model: string;
  readonly serial: string;
  readonly 'serial-trust': string;
  readonly 'snapd-version': string | null;
  readonly snaps: readonly { name?: string }[] | null;
}

const API_KEY = 'Secret123';
const BODY = 'mac: aa';

const brand = new TestStoreStack({ authorityId: 'acme-brand', hasOneKey: true });
const lazy = classicModel(brand, 'lazy');
const known = classicModel(brand, 'eager', { store: STORE_ID });
const unknown = classicModel(brand, 'unknown', { store: STORE_ID });
const withGadget = classicModel(brand, 'with-gadget', { gadget: 'acme-gadget' });
let acme: Acme;
const devices: SnapdDevice[] = [];

async function start(model: Assertion): Promise<SnapdDevice> {
  const device = await startBrandDevice(acme, brand, model);
  devices.push(device);
  return device;
}

/** A device whose gadget names a device service below the store's URL. */
async function startWithGadget(path: string, proposedSerial: string): Promise<SnapdDevice> {
  const folder = await acme.emptyFolder(`gadget-${proposedSerial}`);
  const service = { url: `${acme.store.url}${path}`, apiKey: API_KEY, proposedSerial, body: BODY };
  const seed = encodeStream([...brand.trusted(), withGadget]);
  const device = await SnapdDevice.start(acme.trustedRoots, seed, await seedWithGadget(folder, service));
  devices.push(device);
  return device;
}

/** Waits until an attempt to register has reported this. @returns all reports of the attempts */
async function attempts(device: SnapdDevice, words: string): Promise<string> {
  let said = '';
  for (let look = 0; look < LOOKS && !said.includes(words); look += 1) {
    said = (await device.run('tasks', '--last=become-operational')).stdout;
    await sleep(PAUSE_MS);
  }
  return said;
}

/** Repeats `list-devices` until it shows this for a device, for a limited time. */
async function listed(
  serial: string,
  isSo: (device: ListedDevice) => boolean,
): Promise<ListedDevice | undefined> {
  let found: ListedDevice | undefined;
  for (let look = 0; look < LOOKS; look += 1) {
    const { devices: all } = JSON.parse(await acme.store.run('list-devices', '--json')) as {
      devices: ListedDevice[];
    };
    found = all.find((device) => device.serial === serial);
    if (found && isSo(found)) break;
    await sleep(PAUSE_MS);
  }
  return found;
}

beforeAll(async () => {
  acme = await Acme.register(brand.trusted());
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 });
  await certifySigningKey(acme, brand, [lazy, known, unknown, withGadget]);
  for (const model of ['lazy', 'eager']) await registerModel(acme, model);
  await registerModel(acme, 'with-gadget', '--api-key', API_KEY);
  await acme.store.serve();
});

afterAll(async () => {
  for (const device of devices) await device.stop();
  await acme?.stop();
});

describe('a device with a model of a brand', () => {
  it('registers itself with its first snap, refreshes with its session, and renews that', async () => {
    const device = await start(lazy);
    await device.snap('install', 'acme-hello');
    const serial = await serialOf(device);
    expect(serial).toMatch(/^[0-9a-f-]{36}$/);
    await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 });
    // A device with a serial sends no other requests before it has a session.
    await device.snap('refresh', 'acme-hello');
    expect(await device.snap('list', 'acme-hello')).toMatch(/^acme-hello +2\.0 +2 /m);
    const found = await listed(serial, ({ snaps }) => snaps !== null);
    expect(found).toMatchObject({ model: 'lazy', 'serial-trust': 'own' });
    expect(found?.['snapd-version']).toMatch(IS_DEBIANS ? /^2\.57\.6/ : /^\S/);
    expect(found?.snaps?.map(({ name }) => name)).toContain('acme-hello');

    // A new secret ends every session: the device is told so, opens a new session and repeats its request.
    await acme.store.run('config', `proxy.device-auth.secret=${'5'.repeat(64)}`);
    await acme.push({ name: 'acme-hello', version: '3.0', revision: 3 });
    await device.snap('refresh', 'acme-hello');
    expect(await device.snap('list', 'acme-hello')).toMatch(/^acme-hello +3\.0 +3 /m);
  });

  it('registers itself at once if its model names a store', async () => {
    const serial = await serialOf(await start(known));
    expect(await listed(serial, () => true)).toMatchObject({ model: 'eager', 'serial-trust': 'own' });
  });

  it.each(['', '/api/v1/snaps/auth/'])(
    'registers itself where its gadget says so (%j), as the gadget says',
    async (path) => {
      const proposedSerial = `line-7-${path.length}`;
      const device = await startWithGadget(path, proposedSerial);
      expect(await serialOf(device)).toBe(proposedSerial);
      expect(await device.snap('known', 'serial')).toContain(`\n\n${BODY}\n\n`);
      expect(await listed(proposedSerial, () => true)).toMatchObject({ model: 'with-gadget' });
    },
  );

  it('registers at the store of proxy.store, even if its gadget names another one', async () => {
    const device = await startWithGadget('/elsewhere/', 'line-8');
    expect(await attempts(device, 'status 404')).toContain('status 404');
    await device.snap('ack', await acme.storeAssertions());
    await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
    await device.restart();
    expect(await serialOf(device)).toBe('line-8');
  });

  it('reports the reason if the store does not register its model', async () => {
    const why = 'cannot register device: this store registers no devices of model acme-brand/unknown';
    expect(await attempts(await start(unknown), why)).toContain(why);
  });
});
