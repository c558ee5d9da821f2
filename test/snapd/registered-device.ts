import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { SINCE } from '../../src/sandbox/store-stack.js';
import type { TestStoreStack } from '../support/store-stack.js';
import { STORE_ID, type Acme } from './acme.js';
import { SnapdDevice } from './device.js';

const ATTEMPTS = 150;
const PAUSE_MS = 200;

/** A minimal classic model of a brand. @param extra - additional headers, such as `store` */
export function classicModel(brand: TestStoreStack, model: string, extra: HeaderMap = {}): Assertion {
  return brand.sign('model', {
    series: '16',
    'brand-id': brand.authorityId,
    model,
    classic: 'true',
    architecture: 'amd64',
    timestamp: SINCE,
    ...extra,
  });
}

/** The name of the key that {@link certifySigningKey} generates. */
export const SIGNING_KEY = 'serials';

/**
 * Generates a key in the store, which the brand certifies: devices cannot know it before they get their serial.
 * `ack` imports it together with the brand's account and key, and the models.
 */
export async function certifySigningKey(
  acme: Acme,
  brand: TestStoreStack,
  models: readonly Assertion[],
): Promise<void> {
  const made = JSON.parse(await acme.store.run('create', 'key', SIGNING_KEY, '--json')) as Record<
    string,
    string
  >;
  const headers = {
    'public-key-sha3-384': made['sha3-384'] ?? '',
    'account-id': brand.authorityId,
    name: SIGNING_KEY,
    since: SINCE,
  };
  const accountKey = brand.sign('account-key', headers, {
    body: Buffer.from(made['public-key'] ?? ''),
  });
  const path = join(await acme.emptyFolder('brand'), 'brand.assert');
  await writeFile(path, encodeStream([accountKey, ...models]));
  await acme.store.run('ack', path);
}

/** Allows devices of a model to register, with the key of {@link certifySigningKey}. */
export async function registerModel(acme: Acme, model: string, ...options: string[]): Promise<void> {
  await acme.store.run('create', 'model', model, ...(options.length > 0 ? options : ['--no-api-key']));
  await acme.store.run('create', 'serial-policy', '--model', model, '--key', SIGNING_KEY);
}

/**
 * A real device that a brand made: its model is seeded, and it is turned to the store. It asks the store for a
 * serial by itself: at once where its model names a store, else when its first snap is installed
 * (snapcore/snapd: overlord/devicestate/devicemgr.go, ensureOperational).
 */
export async function startBrandDevice(
  acme: Acme,
  brand: TestStoreStack,
  model: Assertion,
): Promise<SnapdDevice> {
  const seed = encodeStream([...brand.trusted(), model]);
  const device = await SnapdDevice.start(acme.trustedRoots, seed);
  await device.snap('ack', await acme.storeAssertions());
  await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
  // The first attempt went to the public store, before this store was configured. After a restart, the device
  // tries again at once.
  if (model.headers['store'] !== undefined) await device.restart();
  return device;
}

/**
 * Waits until the device has a serial.
 *
 * @returns the serial
 * @throws Error with the device's report of its attempts if it gets none
 */
export async function serialOf(device: SnapdDevice): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { stdout } = await device.run('model', '--verbose');
    const serial = /^serial: +([^\s-]\S*)$/m.exec(stdout)?.[1];
    if (serial !== undefined) return serial;
    await sleep(PAUSE_MS);
  }
  const { stdout, stderr } = await device.run('tasks', '--last=become-operational');
  throw new Error(`the device has no serial\n${stdout}${stderr}`);
}
