import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { TestStoreStack } from '../support/store-stack.js';
import { Acme, SNAPD_ID, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';

const NAME = 'line-7';

const brand = new TestStoreStack({ authorityId: 'acme-brand', hasOneKey: true });
let acme: Acme;
let device: SnapdDevice;
let helloId: string;

/** Signs a point of the sequence and adds it to the store, as its operator does. */
async function publish(sequence: number, helloRevision: number): Promise<void> {
  const set = brand.validationSet({
    accountId: brand.authorityId,
    name: NAME,
    sequence,
    snaps: [{ name: 'acme-hello', id: helloId, presence: 'required', revision: String(helloRevision) }],
  });
  const path = join(await acme.emptyFolder(`set-${sequence}`), 'set.assert');
  await writeFile(path, encodeStream([...brand.trusted(), set]));
  await acme.store.run('ack', path);
}

async function installedHello(): Promise<string | undefined> {
  const rows = (await device.snap('list')).split('\n').map((row) => row.split(/\s+/));
  return rows.find(([name]) => name === 'acme-hello')?.[2];
}

beforeAll(async () => {
  acme = await Acme.register(brand.trusted());
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  helloId = (await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 })).snapId;
  await publish(1, 1);
  await acme.store.serve();
  device = await SnapdDevice.start(acme.trustedRoots);
  await device.snap('ack', await acme.storeAssertions());
  await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
  await device.snap('install', 'acme-hello');
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
});

// The steps of one device's life, in order: each continues from the previous one.
describe('a device with a validation set', () => {
  it('monitors a set of the store', async () => {
    await device.snap('validate', '--monitor', `${brand.authorityId}/${NAME}`);
    expect(await device.snap('validate')).toMatch(
      new RegExp(`^${brand.authorityId}/${NAME} +monitor +1 +valid`, 'm'),
    );
  });

  it('reports that a snap no longer matches the set', async () => {
    await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 });
    await device.snap('refresh', 'acme-hello');
    expect(await device.snap('validate')).toMatch(/ monitor +1 +invalid/);
  });

  it('does not enforce a set that its snaps do not match', async () => {
    expect(await device.snapRefused('validate', '--enforce', `${brand.authorityId}/${NAME}`)).toContain(
      'cannot enforce validation set',
    );
  });

  it('enforces the newest point of the sequence if its snaps match it', async () => {
    await publish(2, 2);
    // Later releases of snapd enforce the point that they already have of a monitored set.
    await device.run('refresh');
    await device.snap('validate', '--enforce', `${brand.authorityId}/${NAME}`);
    expect(await device.snap('validate')).toMatch(/ enforce +2 +valid/);
  });

  it('stays at the enforced revision when a newer one is released', async () => {
    await acme.push({ name: 'acme-hello', version: '3.0', revision: 3 });
    await device.run('refresh', 'acme-hello');
    expect(await installedHello()).toBe('2');
    expect(await device.snapRefused('refresh', '--revision=3', 'acme-hello')).toContain(
      'revision 2 is required by validation',
    );
  });

  it('follows the set to its next point', async () => {
    await publish(3, 3);
    await device.snap('refresh');
    expect(await installedHello()).toBe('3');
    expect(await device.snap('validate')).toMatch(/ enforce +3 +valid/);
  });

  it('pins a point by its number', async () => {
    await device.snap('validate', '--monitor', `${brand.authorityId}/${NAME}=2`);
    expect(await device.snap('validate')).toMatch(/=2 +monitor +2 +invalid/);
  });
});
