import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { bundleOf } from '../support/bundle-writer.js';
import { writeArchive } from '../support/input-forms.js';
import { jpeg, png } from '../support/pictures.js';
import { Acme, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';

const ICON = png(5_000);
const SCREENSHOT = jpeg(9_000);

let acme: Acme;
let device: SnapdDevice;
let snapId: string;

beforeAll(async () => {
  acme = await Acme.register();
  const snap = await acme.push({ name: 'acme-data', version: '1', revision: 7 });
  ({ snapId } = snap);
  const media = [
    { type: 'icon', bytes: ICON },
    { type: 'screenshot', bytes: SCREENSHOT, width: 1_280, height: 720 },
    { type: 'screenshot', bytes: SCREENSHOT },
  ];
  const bundle = bundleOf([snap], { media, leaveOut: [7] });
  await acme.store.run('push-snap', await writeArchive(await acme.emptyFolder('bundles'), bundle));
  await acme.store.serve();
  device = await SnapdDevice.start(acme.trustedRoots);
  await device.snap('ack', await acme.storeAssertions());
  await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
});

interface Found {
  readonly icon: string;
  readonly media: readonly { type: string; url: string; width?: number; height?: number }[];
}

const url = (bytes: Buffer, extension: string) =>
  `${acme.store.url}/api/v1/snaps/media/${snapId}_${sha3_384(bytes).toString('hex')}.${extension}`;

/** The daemon's answer to the software centre of a device. */
async function found(question: string): Promise<Found | undefined> {
  const result = await device.ask(`/v2/find?${question}`);
  return (result as Found[])[0];
}

describe('the pictures of a snap', () => {
  it.each(['name=acme-data', 'q=acme'])('are listed by snapd for %s', async (question) => {
    const { icon, media } = (await found(question)) ?? {};
    expect(icon).toBe(url(ICON, 'png'));
    expect(media).toEqual([
      { type: 'icon', url: icon, width: 64, height: 32 },
      { type: 'screenshot', url: url(SCREENSHOT, 'jpg'), width: 1_280, height: 720 },
      // It omits null values.
      { type: 'screenshot', url: url(SCREENSHOT, 'jpg') },
    ]);
  });

  it('are available at the listed URLs', async () => {
    const { media = [] } = (await found('name=acme-data')) ?? {};
    const sent = await Promise.all(
      media.map(async (one) => Buffer.from(await (await fetch(one.url)).arrayBuffer())),
    );
    expect(sent).toEqual([ICON, SCREENSHOT, SCREENSHOT]);
  });
});
