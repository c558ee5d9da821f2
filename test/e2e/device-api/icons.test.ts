import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha3_384 } from '../../../src/common/crypto/digest.js';
import { MAX_ICON_BYTES } from '../../../src/snap-files/picture.js';
import { png } from '../../support/pictures.js';
import { listen, send } from './wire.js';
import { at, ORIGIN, World } from './world.js';

const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

const longest = png(MAX_ICON_BYTES);
let world: World;
let port: number;

function path(snapId: string, bytes: Buffer, extension: string): string {
  return `/api/v1/snaps/media/${snapId}_${sha3_384(bytes).toString('hex')}.${extension}`;
}

async function mediaOf(name: string): Promise<unknown> {
  const reply = await world.get(`/v2/snaps/info/${name}?fields=media`);
  return at(reply.json(), 'snap', 'media');
}

beforeAll(async () => {
  world = await World.start();
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

describe('the icon of a snap', () => {
  it('has a URL below the origin of the request, in info, find and refresh', async () => {
    const { snapId } = await world.push({ name: 'iconic', revision: 1, gui: { 'icon.png': longest } });
    const url = ORIGIN + path(snapId, longest, 'png');
    const media = [{ type: 'icon', url, width: 64, height: 32 }];
    expect(await mediaOf('iconic')).toEqual(media);
    const found = await world.get('/v2/snaps/find?q=iconic&fields=media');
    expect(found.json()).toMatchObject({ results: [{ snap: { media } }] });
    const { results } = await world.refresh(
      [{ action: 'install', 'instance-key': 'i', name: 'iconic', channel: 'stable' }],
      { fields: ['media', 'download'] },
    );
    expect(results[0]).toMatchObject({ result: 'install', snap: { media } });
  });

  it('is sent whole, with its length, and not again to a client that has it', async () => {
    const { snapId } = await world.push({ name: 'sent', revision: 1, gui: { 'icon.png': longest } });
    const file = path(snapId, longest, 'png');
    // The request of snapd: without headers for a store, and with accepted compression.
    const reply = await send(port, { path: file, headers: { 'Accept-Encoding': 'gzip' } });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(MAX_ICON_BYTES),
      'x-content-type-options': 'nosniff',
    });
    expect(reply.headers).not.toHaveProperty('content-encoding');
    expect(reply.headers).not.toHaveProperty('transfer-encoding');
    expect(reply.body.equals(longest)).toBe(true);
    const { etag } = reply.headers;
    expect(String(etag).length).toBeLessThan(256);
    const again = await send(port, { path: file, headers: { 'If-None-Match': String(etag) } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await world.get(file, {}, 'HEAD');
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '300000', '']);
  });

  it('of type SVG runs no script if it is opened', async () => {
    const { snapId } = await world.push({ name: 'drawn', revision: 1, gui: { 'icon.svg': SVG } });
    const { headers, body } = await world.get(path(snapId, SVG, 'svg'));
    expect(headers['content-type']).toBe('image/svg+xml');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';.* sandbox$/);
    expect(body).toBe(SVG.toString());
  });

  it.each([
    ['one byte too long', { 'icon.png': png(MAX_ICON_BYTES + 1) }],
    ['not a picture', { 'icon.png': Buffer.from('#!/bin/sh') }],
    ['empty', { 'icon.svg': Buffer.alloc(0) }],
  ])('that is %s is skipped, but the snap is imported', async (_what, gui) => {
    const name = `without-${Object.values(gui)[0]?.length}`;
    await world.push({ name, revision: 1, gui });
    expect(await mediaOf(name)).toEqual([]);
  });

  it('is that of the newest revision, and stays if that has none', async () => {
    const [first, second] = [png(100, 1), png(100, 2)];
    const { snapId } = await world.push({ name: 'changing', revision: 1, gui: { 'icon.png': first } });
    await world.push({ name: 'changing', revision: 3, gui: { 'icon.png': second } });
    await world.push({ name: 'changing', revision: 2, gui: { 'icon.png': first } });
    await world.push({ name: 'changing', revision: 4 });
    expect(await mediaOf('changing')).toMatchObject([{ url: ORIGIN + path(snapId, second, 'png') }]);
    expect((await world.get(path(snapId, second, 'png'))).statusCode).toBe(200);
    expect((await world.get(path(snapId, first, 'png'))).statusCode).toBe(404);
  });

  it.each([
    '',
    'x',
    `${'a'.repeat(65)}_${'0'.repeat(96)}.png`,
    `a_${'0'.repeat(96)}.png`,
    `a_${'0'.repeat(95)}.png`,
  ])('is not found by the invalid name %j', async (name) => {
    const reply = await world.get(`/api/v1/snaps/media/${name}`);
    expect(reply.statusCode).toBe(404);
  });
});
