import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestToHex, sha3_384 } from '../../../src/common/crypto/digest.js';
import { dryRunLines, reportLines } from '../../../src/imports/import-report.js';
import {
  MAX_ICON_BYTES,
  MAX_LISTED_PICTURES,
  MAX_PICTURE_BYTES,
  MAX_PICTURE_SIDE,
} from '../../../src/snap-files/picture.js';
import { bundleOf, type BundleOptions, type TestMedium } from '../../support/bundle-writer.js';
import { jsonPart, withManifest, writeArchive, writeBytes } from '../../support/input-forms.js';
import { gif, jpeg, png } from '../../support/pictures.js';
import { expectRefused } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';
import { tarOf, type TarPart } from '../../support/tar-file.js';
import { TestPublisher, writePair, type TestSnap } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
const HOST = 'store.test:8080';
let store: StoreApp;
let names = 0;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

function newSnap(gui: Record<string, Buffer> = {}, revision = 5, name = `listed-${(names += 1)}`): TestSnap {
  return publisher.snap({ name, revision, gui });
}

/** The next revision. */
function nextOf(snap: TestSnap, gui: Record<string, Buffer> = {}): TestSnap {
  return newSnap(gui, snap.revision + 1, snap.name);
}

const icon: TestMedium = { type: 'icon', bytes: png(500) };
const shot: TestMedium = { type: 'screenshot', bytes: jpeg(900), width: 640, height: 480 };
const clip: TestMedium = { type: 'screenshot', bytes: gif(901) };

const write = async (parts: readonly TarPart[]) => await writeArchive(store.directory, parts);
const bundle = async (snap: TestSnap, options: BundleOptions) => await write(bundleOf([snap], options));
const day = (number: number) => new Date(Date.UTC(2026, 1, number));

function path(snap: TestSnap, bytes: Buffer, extension: string): string {
  return `/api/v1/snaps/media/${snap.snapId}_${sha3_384(bytes).toString('hex')}.${extension}`;
}

async function mediaOf({ name }: TestSnap): Promise<{ type: string; url: string }[]> {
  const reply = await store.app.inject({
    url: `/v2/snaps/info/${name}?fields=media`,
    headers: { host: HOST },
  });
  return reply.json<{ snap: { media: { type: string; url: string }[] } }>().snap.media;
}

const digests = async (snap: TestSnap) =>
  (await mediaOf(snap)).map(({ type, url }) => `${type} ${/_([0-9a-f]{8})/.exec(url)?.[1]}`);
const shown = (...media: readonly TestMedium[]) =>
  media.map(({ type, bytes }) => `${type} ${digestToHex(sha3_384(bytes)).slice(0, 8)}`);

describe('the pictures of a listing', () => {
  it('are shown in info, find and refresh, with URLs of this store', async () => {
    const snap = newSnap();
    const report = await store.push(await bundle(snap, { media: [icon, shot, clip] }));
    expect(reportLines(report)).toContain(`[snap ${snap.name}] Media: 1 icon, 2 screenshots`);
    const origin = `http://${HOST}`;
    const media = [
      { type: 'icon', url: origin + path(snap, icon.bytes, 'png'), width: 64, height: 32 },
      { type: 'screenshot', url: origin + path(snap, shot.bytes, 'jpg'), width: 640, height: 480 },
      { type: 'screenshot', url: origin + path(snap, clip.bytes, 'gif'), width: 320, height: 32 },
    ];
    expect(await mediaOf(snap)).toEqual(media);
    const found = await store.app.inject({
      url: `/v2/snaps/find?q=${snap.name}&fields=media`,
      headers: { host: HOST },
    });
    expect(found.json()).toMatchObject({ results: [{ name: snap.name, snap: { media } }] });
    const refreshed = await store.app.inject({
      method: 'POST',
      url: '/v2/snaps/refresh',
      headers: { host: HOST, 'content-type': 'application/json', 'snap-device-architecture': 'amd64' },
      payload: {
        context: [],
        actions: [{ action: 'install', 'instance-key': 'i', name: snap.name, channel: 'stable' }],
        fields: ['media', 'download'],
      },
    });
    expect(refreshed.json()).toMatchObject({ results: [{ result: 'install', snap: { media } }] });
  });

  it('are sent completely, with length and ETag, and not again to a client that has them', async () => {
    const snap = newSnap();
    const longest: TestMedium = { type: 'screenshot', bytes: png(MAX_PICTURE_BYTES) };
    await store.push(await bundle(snap, { media: [longest] }));
    const url = path(snap, longest.bytes, 'png');
    const reply = await store.app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(MAX_PICTURE_BYTES),
      'x-content-type-options': 'nosniff',
    });
    expect(reply.headers).not.toHaveProperty('content-encoding');
    expect(reply.rawPayload.equals(longest.bytes)).toBe(true);
    const again = await store.app.inject({
      url,
      headers: { 'if-none-match': String(reply.headers['etag']) },
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    const head = await store.app.inject({ method: 'HEAD', url });
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([
      200,
      String(MAX_PICTURE_BYTES),
      '',
    ]);
    // The picture does not exist for another snap.
    expect((await store.app.inject({ url: path(newSnap(), longest.bytes, 'png') })).statusCode).toBe(404);
  });

  it('change nothing if they are pushed again', async () => {
    const snap = newSnap();
    const file = await bundle(snap, { media: [icon] });
    expect(await store.push(file)).toMatchObject({ changed: true });
    expect(await store.push(file)).toMatchObject({ changed: false, bytesAdded: 0 });
  });

  it('are those of the newest bundle, in any order of pushes', async () => {
    const snap = newSnap();
    const push = async (created: number, media: readonly TestMedium[] | undefined, which = snap) =>
      await store.push(await bundle(which, { createdAt: day(created), media }));
    await push(2, [icon, shot]);
    await push(1, [clip]);
    expect(await digests(snap)).toEqual(shown(icon, shot));
    // With a revision that is already in the store.
    await push(3, [shot, clip]);
    expect(await digests(snap)).toEqual(shown(shot, clip));
    // A bundle without a list keeps them, also with a newer revision; a pair keeps them too.
    await push(4, undefined, nextOf(snap));
    await store.push(await writePair(store.directory, nextOf(nextOf(snap))));
    expect(await digests(snap)).toEqual(shown(shot, clip));
    // A bundle with an empty list removes them. A picture in a recent answer is still sent.
    const report = await push(5, []);
    expect(report).toMatchObject({ changed: true, snaps: [{ media: [] }] });
    expect(reportLines(report)).toContain(`[snap ${snap.name}] Media: none`);
    expect(await digests(snap)).toEqual([]);
    expect((await store.app.inject({ url: path(snap, clip.bytes, 'gif') })).statusCode).toBe(200);
  });

  it('of a bundle whose clock was ahead are replaced by the next bundle', async () => {
    const snap = newSnap();
    await store.push(await bundle(snap, { createdAt: new Date('2999-01-01'), media: [shot] }));
    await store.push(await bundle(snap, { createdAt: new Date(Date.now() + 1_000), media: [clip] }));
    expect(await digests(snap)).toEqual(shown(clip));
  });

  it('are accepted with revisions whose files were left out', async () => {
    const snap = newSnap();
    await store.push(await bundle(snap, {}));
    await store.push(await bundle(snap, { leaveOut: [snap.revision], createdAt: day(3), media: [icon] }));
    expect(await digests(snap)).toEqual(shown(icon));
  });

  it('include the icon of the snap file if the list has no icon', async () => {
    const own: TestMedium = { type: 'icon', bytes: png(300) };
    const snap = newSnap({ 'icon.png': own.bytes });
    await store.push(await bundle(snap, { media: [shot] }));
    expect(await digests(snap)).toEqual(shown(own, shot));
    await store.push(await bundle(snap, { createdAt: day(2), media: [shot, icon] }));
    expect(await digests(snap)).toEqual(shown(shot, icon));
    // The icon of a newer revision is kept, and is shown when the listing has no icon again.
    const newer: TestMedium = { type: 'icon', bytes: png(301) };
    await store.push(await bundle(nextOf(snap, { 'icon.png': newer.bytes }), {}));
    expect(await digests(snap)).toEqual(shown(shot, icon));
    await store.push(await bundle(snap, { createdAt: day(4), media: [shot] }));
    expect(await digests(snap)).toEqual(shown(newer, shot));
  });

  it('can contain the same file twice', async () => {
    const snap = newSnap();
    const twice = [icon, { ...icon, type: 'banner' }];
    await store.push(await bundle(snap, { media: twice }));
    expect(await digests(snap)).toEqual(shown(...twice));
  });

  it('are read but not stored in a dry run', async () => {
    const snap = newSnap();
    const before = await store.state();
    const report = await store.push(
      await bundle(snap, { media: [icon, { type: 'banner', bytes: png(77) }] }),
      {
        dryRun: true,
      },
    );
    expect(report).toMatchObject({ bytesAdded: snap.sizeBytes + 77 });
    expect(dryRunLines(report)).toContain(`[snap ${snap.name}] Would show it with media: 1 icon, 1 banner`);
    expect(await store.state()).toEqual(before);
  });

  it('that are lost on the disk are an error, and are restored by the next push', async () => {
    const snap = newSnap();
    const lost: TestMedium = { type: 'icon', bytes: png(4_321) };
    const file = await bundle(snap, { media: [lost] });
    await store.push(file);
    const hex = digestToHex(sha3_384(lost.bytes));
    const blob = join(store.dataDir, 'blobs', hex.slice(0, 2), hex.slice(2, 4), hex);
    const status = async () => (await store.app.inject({ url: path(snap, lost.bytes, 'png') })).statusCode;
    truncateSync(blob, 4_320);
    expect(await status()).toBe(500);
    rmSync(blob);
    expect(await status()).toBe(500);
    expect(await store.push(file)).toMatchObject({ changed: true, bytesAdded: 4_321 });
    expect(await status()).toBe(200);
  });
});

describe('at its limit', () => {
  const iconOf = (length: number): TestMedium => ({ type: 'icon', bytes: png(length) });
  const shotOf = (length: number): TestMedium => ({ type: 'banner', bytes: png(length) });
  const many = (count: number) =>
    Array.from({ length: count }, (_, fill) => ({ ...shot, bytes: png(64, fill) }));

  it.each([
    ['an icon', [iconOf(MAX_ICON_BYTES)]],
    ['another picture', [shotOf(MAX_PICTURE_BYTES)]],
    ['the list', many(MAX_LISTED_PICTURES)],
  ])('%s is accepted', async (_, media) => {
    const snap = newSnap();
    await store.push(await bundle(snap, { media }));
    expect(await digests(snap)).toEqual(shown(...media));
  });

  it.each<readonly [string, readonly TestMedium[], RegExp]>([
    ['an icon', [iconOf(MAX_ICON_BYTES + 1)], /\/media\/[0-9a-f]{96}\.png is longer than 300000 bytes$/],
    [
      'an icon that is also a banner',
      [shotOf(MAX_ICON_BYTES + 1), iconOf(MAX_ICON_BYTES + 1)],
      /\.png is longer than 300000 bytes$/,
    ],
    ['another picture', [shotOf(MAX_PICTURE_BYTES + 1)], /\.png is longer than 4194304 bytes$/],
    ['the list', many(MAX_LISTED_PICTURES + 1), /\/metadata\.json lists more than 16 pictures$/],
  ])('%s is refused one above', async (_, media, says) => {
    await expectRefused(store, await bundle(newSnap(), { media }), { code: 'too-large', says });
  });

  it.each([
    [1, 1],
    [MAX_PICTURE_SIDE, MAX_PICTURE_SIDE],
    [MAX_PICTURE_SIDE + 1, null],
    [0, null],
    [1.5, null],
  ])('a width of %d is shown as %j', async (width, told) => {
    const snap = newSnap();
    await store.push(await bundle(snap, { media: [{ type: 'banner', bytes: jpeg(50), width }] }));
    expect(await mediaOf(snap)).toMatchObject([{ width: told, height: null }]);
  });
});

describe('a bundle is refused', () => {
  /** Changes the entries and makes a new manifest for them. */
  async function forged(
    change: (parts: TarPart[], picture: string, metadata: string) => TarPart[],
  ): Promise<string> {
    const snap = newSnap();
    const [, ...parts] = bundleOf([snap], { media: [icon] });
    const picture = parts.find(({ name }) => name.includes('/media/'))?.name ?? '';
    return await write(withManifest(change(parts, picture, `${snap.name}/metadata.json`)));
  }
  const edited = (parts: readonly TarPart[], name: string, edit: (bytes: Buffer) => Buffer) =>
    parts.map((part) =>
      part.name === name ? { ...part, bytes: edit(part.bytes ?? Buffer.alloc(0)) } : part,
    );
  const first = (parts: readonly TarPart[], name: string) => [
    ...parts.filter((part) => part.name === name),
    ...parts.filter((part) => part.name !== name),
  ];
  /** A bundle with another list. */
  const listing = (media: unknown) => async () =>
    await forged((parts, _, metadata) =>
      edited(parts, metadata, (bytes) =>
        Buffer.from(JSON.stringify({ ...(JSON.parse(bytes.toString()) as object), media })),
      ),
    );
  const file = `x/media/${'0'.repeat(96)}.png`;

  it.each<readonly [string, () => Promise<string>, RegExp]>([
    [
      'with a picture that does not match the manifest',
      async () => {
        const parts = bundleOf([newSnap()], { media: [icon] });
        const picture = parts.find(({ name }) => name.includes('/media/'))?.name ?? '';
        return await write(edited(parts, picture, (bytes) => Buffer.from(bytes.fill(7, 400))));
      },
      /\.png does not match its manifest: the size or digest differs$/,
    ],
    [
      'with a picture whose digest does not match its name',
      () => forged((parts, picture) => edited(parts, picture, () => png(501))),
      /\.png does not match its name: the digest or the type differs$/,
    ],
    [
      'with a picture whose type does not match its name',
      () =>
        forged((parts, picture, metadata) => {
          const renamed = picture.replace(/png$/, 'gif');
          return edited(parts, metadata, (bytes) =>
            Buffer.from(bytes.toString().replace(picture, renamed)),
          ).map((part) => (part.name === picture ? { ...part, name: renamed } : part));
        }),
      /\.gif does not match its name/,
    ],
    [
      'with a picture that is not a picture',
      async () => await bundle(newSnap(), { media: [{ type: 'icon', bytes: Buffer.from('#!/bin/sh') }] }),
      /\.png is not a PNG, JPEG, GIF or SVG$/,
    ],
    [
      'whose picture is empty',
      async () => await bundle(newSnap(), { media: [{ type: 'icon', bytes: Buffer.alloc(0) }] }),
      /\.png is not a PNG, JPEG, GIF or SVG$/,
    ],
    [
      'whose picture is missing',
      () => forged((parts, picture) => parts.filter(({ name }) => name !== picture)),
      /\.png is missing: a metadata\.json lists it$/,
    ],
    [
      'with a picture that is in the manifest but missing',
      async () =>
        await write(bundleOf([newSnap()], { media: [icon] }).filter(({ name }) => !name.includes('/media/'))),
      /\.png is missing: (?:a metadata\.json|its manifest) lists it$/,
    ],
    [
      'with a picture that is not listed',
      () => forged((parts) => [...parts, { name: file, bytes: png(60) }]),
      /x\/media\/0+\.png is not listed by a metadata\.json before it$/,
    ],
    [
      'with a picture before its list',
      () => forged((parts, picture) => first(parts, picture)),
      /\.png is not listed by a metadata\.json before it$/,
    ],
    [
      'with a list before the declaration of its snap',
      () => forged((parts, _, metadata) => first(parts, metadata)),
      /metadata\.json lists pictures, but no verified snap-declaration of its snap comes before it$/,
    ],
    ['whose list is not a list', listing({}), /metadata\.json has no list of pictures in "media"$/],
    [
      'whose list has an entry that is not an object',
      listing([null]),
      /metadata\.json lists a picture without a type$/,
    ],
    [
      'that lists a video',
      listing([{ type: 'video', file }]),
      /metadata\.json lists a picture without a type$/,
    ],
    ['that lists no file', listing([{ type: 'icon' }]), /lists icon without its file$/],
    [
      'that lists a file in another folder',
      listing([{ type: 'icon', file: `../${file}` }]),
      /lists icon without its file$/,
    ],
  ])('%s', async (_, make, says) => {
    await expectRefused(store, await make(), { code: 'invalid-bundle', says });
  });

  it('that is cut off in the middle of a picture', async () => {
    const parts = bundleOf([newSnap()], { media: [{ type: 'banner', bytes: png(100_000) }] });
    const tar = await tarOf(parts, false);
    const cut = await writeBytes(store.directory, tar.subarray(0, tar.indexOf(png(24)) + 50_000), '.tar');
    expect(readFileSync(cut).length).toBeGreaterThan(50_000);
    await expectRefused(store, cut, { code: 'invalid-bundle', says: 'the archive is cut off' });
  });
});

describe('the format of a bundle', () => {
  const formatOf = (parts: readonly TarPart[]) =>
    (JSON.parse(parts[0]?.bytes?.toString() ?? '') as { format: number }).format;

  it('is 2 with pictures and 1 without', () => {
    expect(formatOf(bundleOf([newSnap()], { media: [icon] }))).toBe(2);
    expect(formatOf(bundleOf([newSnap()], { media: [] }))).toBe(1);
    expect(formatOf(bundleOf([newSnap()]))).toBe(1);
  });

  it('matters: in a foreign archive, the member "media" is ignored', async () => {
    const snap = newSnap();
    const [, ...parts] = bundleOf([snap], { media: [icon] });
    const foreign = [...parts, jsonPart('more.json', { snap: { name: snap.name }, media: 'x' })];
    expect(await store.push(await write(foreign))).toMatchObject({ changed: true });
    expect(await mediaOf(snap)).toEqual([]);
  });
});
