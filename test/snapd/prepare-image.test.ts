import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeStream, encodeStream } from '../../src/assertions/format/stream.js';
import { TestStoreStack } from '../support/store-stack.js';
import { Acme, CORE_ID, SNAPD_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import { classicModel } from './registered-device.js';

const brand = new TestStoreStack({ authorityId: 'acme-brand', hasOneKey: true });
const model = classicModel(brand, 'acme-desk', { 'required-snaps': ['acme-base', 'acme-hello'] });

let acme: Acme;
let device: SnapdDevice;

beforeAll(async () => {
  acme = await Acme.register(brand.trusted());
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'core', version: '2.57.6', revision: 1, snapId: CORE_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 });
  const path = join(await acme.emptyFolder('brand'), 'brand.assert');
  await writeFile(path, encodeStream([...brand.trusted(), model]));
  await acme.store.run('ack', path);
  await acme.store.serve();
  device = await SnapdDevice.start(acme.trustedRoots);
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
});

describe('an image built from the store', () => {
  it('is seeded with the snaps of its model and all their assertions', async () => {
    const folder = await acme.emptyFolder('image');
    const modelFile = join(folder, 'model.assert');
    await writeFile(modelFile, model.bytes);
    const target = join(folder, 'root');
    const { status, stdout, stderr } = await device.snapByItself(
      acme.store.url,
      folder,
      'prepare-image',
      '--classic',
      modelFile,
      target,
    );
    expect(status, stdout + stderr).toBe(0);
    const seed = join(target, 'var/lib/snapd/seed');
    expect(readdirSync(join(seed, 'snaps')).toSorted()).toEqual([
      'acme-base_1.snap',
      'acme-hello_1.snap',
      'snapd_1.snap',
    ]);
    const types = readdirSync(join(seed, 'assertions')).flatMap((name) =>
      decodeStream(readFileSync(join(seed, 'assertions', name))).map(({ type }) => type.name),
    );
    for (const type of ['model', 'account', 'account-key', 'snap-declaration', 'snap-revision'])
      expect(types).toContain(type);
    expect(existsSync(join(seed, 'seed.yaml'))).toBe(true);
    expect(readFileSync(join(seed, 'seed.yaml'), 'utf8')).toContain('name: acme-hello');
  });
});
