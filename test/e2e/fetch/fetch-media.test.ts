import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha3_384 } from '../../../src/common/crypto/digest.js';
import type { FetchReport } from '../../../src/fetch/fetch.service.js';
import { MAX_PICTURE_URL_LENGTH } from '../../../src/fetch/offered-media.js';
import { ATTEMPTS } from '../../../src/outgoing/retry.service.js';
import { MAX_ICON_BYTES, MAX_LISTED_PICTURES, MAX_PICTURE_BYTES } from '../../../src/snap-files/picture.js';
import { bundleOf, type TestMedium } from '../../support/bundle-writer.js';
import { Fetching } from '../../support/fetching.js';
import { writeArchive } from '../../support/input-forms.js';
import { gif, jpeg, png } from '../../support/pictures.js';
import { StoreApp } from '../../support/store-app.js';
import { readTarGz } from '../../support/tar-file.js';
import { TestPublisher } from '../../support/test-snaps.js';
import { WebServer } from '../../support/web-server.js';

const publisher = new TestPublisher();
const icon: TestMedium = { type: 'icon', bytes: png(400) };
const shots: TestMedium[] = [
  { type: 'screenshot', bytes: jpeg(700), width: 1920, height: 1080 },
  { type: 'screenshot', bytes: gif(800) },
];
const HOST = 'store.test';
let fetching: Fetching;
let target: StoreApp;
/** Serves the pictures of an edited answer. */
let pictures: WebServer;

beforeAll(async () => {
  fetching = await Fetching.start(publisher);
  pictures = await WebServer.start();
  target = await StoreApp.start();
  await target.trust(publisher.stack.trusted());
  for (const [name, media] of [
    ['plain', []],
    ['listed', [icon, ...shots]],
    ['twin', [icon]],
  ] as const) {
    const snap = publisher.snap({ name, revision: 1, base: 'none' });
    await fetching.upstream.push(
      await writeArchive(fetching.upstream.directory, bundleOf([snap], { media })),
    );
  }
});
afterAll(async () => {
  await target.stop();
  await pictures.stop();
  await fetching.stop();
});
beforeEach(() => {
  fetching.passOn();
  pictures.asked.length = 0;
  pictures.answer = (_, reply) => reply.writeHead(404).end();
});

const fetch = async (names: readonly string[], recipe: { withMedia?: boolean; singleFile?: boolean } = {}) =>
  await fetching.fetch(names, { withNeeds: false, ...recipe });
const mediaOf = (report: FetchReport) => report.bundles.map(({ snaps }) => snaps.map(({ media }) => media));
const partials = () => readdirSync(join(fetching.store.dataDir, 'downloads/partial'));

/** Lists the snap "plain" with these in the upstream store's answer, from now on. */
function list(media: unknown): void {
  const passOn = fetching.between.answer;
  fetching.between.answer = async (asked, reply) => {
    if (!asked.path.startsWith('/v2/snaps/info/plain')) return await passOn(asked, reply);
    const { body } = await fetching.ask(asked);
    const document = JSON.parse(body.toString()) as { snap: object };
    const changed = JSON.stringify({ ...document, snap: { ...document.snap, media } });
    return reply.writeHead(200, { 'content-type': 'application/json' }).end(changed);
  };
}

/** Serves these at the paths of their indices, and lists them. */
function serve(...media: readonly TestMedium[]): void {
  pictures.answer = ({ path }, reply) =>
    reply.writeHead(200).end(media[Number(/\d+/.exec(path)?.[0])]?.bytes);
  list(
    media.map(({ type }, index) => ({
      type,
      url: new URL(`/${index}`, pictures.url).href,
      width: null,
      height: null,
    })),
  );
}

it('fetches the pictures of a listing, and another store shows them', async () => {
  const { bundles } = await fetch(['listed']);
  expect(fetching.said).toContain('Downloading 3 pictures of listed');
  expect(fetching.warned).toEqual([expect.stringContaining('the bundles are not signed')]);
  const entries = await readTarGz(bundles[0]?.path ?? '');
  const file = (bytes: Buffer, kind: string) => `listed/media/${sha3_384(bytes).toString('hex')}.${kind}`;
  const [first, second] = shots.map(({ bytes }) => bytes);
  expect([...entries.keys()]).toEqual([
    'manifest.json',
    'listed/assertions.assert',
    'listed/metadata.json',
    'listed/channel-map.json',
    file(icon.bytes, 'png'),
    file(first ?? icon.bytes, 'jpg'),
    file(second ?? icon.bytes, 'gif'),
    'listed/listed_1.snap',
  ]);
  expect(entries.get(file(icon.bytes, 'png'))).toEqual(icon.bytes);
  expect(JSON.parse(entries.get('listed/metadata.json')?.toString() ?? '')).toMatchObject({
    media: [
      { type: 'icon', file: file(icon.bytes, 'png'), width: 64, height: 32 },
      { type: 'screenshot', width: 1920, height: 1080 },
      { type: 'screenshot', width: 320, height: 32 },
    ],
  });
  // They remain only in the bundle.
  expect(partials()).toEqual([]);
  await target.push(bundles[0]?.path ?? '');
  const shown = async (store: StoreApp) =>
    (await store.app.inject({ url: '/v2/snaps/info/listed?fields=media', headers: { host: HOST } })).json<{
      snap: { media: { url: string }[] };
    }>().snap.media;
  const media = await shown(target);
  expect(media).toHaveLength(3);
  expect(media).toEqual(await shown(fetching.upstream));
  for (const [index, { bytes }] of [icon, ...shots].entries()) {
    const url = media[index]?.url.replace(`http://${HOST}`, '') ?? '';
    expect((await target.app.inject({ url })).rawPayload.equals(bytes)).toBe(true);
  }
});

it('puts a picture of two snaps into both bundles, and into one bundle for both', async () => {
  const { bundles } = await fetch(['listed', 'twin']);
  for (const { path } of bundles) await target.push(path);
  const both = await fetch(['listed', 'twin'], { singleFile: true });
  expect(
    [...(await readTarGz(both.bundles[0]?.path ?? '')).keys()].filter((name) => name.includes('/media/')),
  ).toHaveLength(4);
  await target.push(both.bundles[0]?.path ?? '');
  expect(partials()).toEqual([]);
});

it('leaves them out with --no-media, and the other store keeps its own', async () => {
  await target.push((await fetch(['listed'])).bundles[0]?.path ?? '');
  fetching.passOn();
  const report = await fetch(['listed'], { withMedia: false });
  expect(fetching.paths().filter((path) => path.includes('/media/'))).toEqual([]);
  const entries = await readTarGz(report.bundles[0]?.path ?? '');
  expect(JSON.parse(entries.get('manifest.json')?.toString() ?? '')).toMatchObject({ format: 1 });
  expect(JSON.parse(entries.get('listed/metadata.json')?.toString() ?? '')).not.toHaveProperty('media');
  expect(await target.push(report.bundles[0]?.path ?? '')).toMatchObject({ changed: false });
});

it('lists no pictures if the listing has only videos', async () => {
  list([{ type: 'video', url: 'https://films.example/1', width: null, height: null }]);
  expect(mediaOf(await fetch(['plain']))).toEqual([[[]]]);
  expect(fetching.warned).toHaveLength(1);
});

it('lists nothing if the upstream store lists nothing', async () => {
  for (const nothing of [undefined, null, {}, 'x']) {
    fetching.passOn();
    list(nothing);
    expect(mediaOf(await fetch(['plain']))).toEqual([[undefined]]);
  }
});

describe('at its limit', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, fill): TestMedium => ({ type: 'banner', bytes: png(64, fill) }));
  const longUrl = (length: number) => {
    const start = new URL('/0?', pictures.url).href;
    return start + 'x'.repeat(length - start.length);
  };

  it.each([
    ['an icon', [{ type: 'icon', bytes: png(MAX_ICON_BYTES) }]],
    ['another picture', [{ type: 'banner', bytes: png(MAX_PICTURE_BYTES) }]],
    ['the list', many(MAX_LISTED_PICTURES)],
  ])('%s is fetched', async (_, media) => {
    serve(...media);
    const report = await fetch(['plain']);
    expect(mediaOf(report)[0]?.[0]?.map(({ sizeBytes }) => sizeBytes)).toEqual(
      media.map(({ bytes }) => bytes.length),
    );
    await target.push(report.bundles[0]?.path ?? '');
  });

  it.each<readonly [string, readonly TestMedium[], RegExp, number | undefined]>([
    [
      'an icon',
      [{ type: 'icon', bytes: png(MAX_ICON_BYTES + 1) }],
      /^left out of plain: icon http:\S+\/0: cannot read the answer of http:\S+: it is longer than 300000 bytes$/,
      undefined,
    ],
    [
      'another picture',
      [{ type: 'banner', bytes: png(MAX_PICTURE_BYTES + 1) }],
      /^left out of plain: banner http:\S+\/0: .* it is longer than 4194304 bytes$/,
      undefined,
    ],
    [
      'the list',
      many(MAX_LISTED_PICTURES + 2),
      /^left out of plain: 2 pictures: the limit is 16$/,
      MAX_LISTED_PICTURES,
    ],
  ])('%s is left out above it', async (_, media, warning, brought) => {
    serve(...media);
    const report = await fetch(['plain']);
    expect(fetching.warned[0]).toMatch(warning);
    expect(mediaOf(report)[0]?.[0]?.length).toBe(brought);
  });

  it('a URL is requested, and a longer one is not', async () => {
    serve(icon);
    list([{ type: 'icon', url: longUrl(MAX_PICTURE_URL_LENGTH) }]);
    expect(mediaOf(await fetch(['plain']))[0]?.[0]).toHaveLength(1);
    fetching.passOn();
    list([{ type: 'icon', url: longUrl(MAX_PICTURE_URL_LENGTH + 1) }]);
    expect(mediaOf(await fetch(['plain']))).toEqual([[undefined]]);
    expect(fetching.warned[0]).toBe(
      'left out of plain: icon: it has no valid URL of at most 2048 characters',
    );
    expect(pictures.asked).toHaveLength(1);
  });
});

describe('a picture that cannot be fetched is left out with a warning, and the snap is kept', () => {
  const listed = (...urls: unknown[]) =>
    list(urls.map((url) => ({ type: 'icon', url, width: 1, height: 1 })));
  const at = (path: string) => new URL(path, pictures.url).href;

  it.each<readonly [string, () => void, RegExp]>([
    ['missing', () => listed(at('/gone')), /icon http:\S+\/gone: http:\S+ answered 404$/],
    [
      'no picture',
      () => serve({ type: 'icon', bytes: Buffer.from('<html>sign in</html>') }),
      /icon http:\S+\/0: it is not a PNG, JPEG, GIF or SVG$/,
    ],
    ['empty', () => serve({ type: 'icon', bytes: Buffer.alloc(0) }), /it is not a PNG, JPEG, GIF or SVG$/],
    ['without a URL', () => listed(''), /icon: it has no valid URL of at most 2048 characters$/],
    ['with an invalid URL', () => listed('http://['), /icon: it has no valid URL/],
    [
      'with a URL that is not HTTP',
      () => listed('file:///etc/passwd'),
      /icon: its URL begins with file:, which is less secure/,
    ],
    ['without a type', () => list([{ url: at('/0') }]), /a picture: it has no type$/],
    ['nothing', () => list([null]), /a picture: it has no type$/],
  ])('%s', async (_, arrange, warning) => {
    arrange();
    const report = await fetch(['plain']);
    expect(fetching.warned[0]).toMatch(warning);
    expect(fetching.warned[0]).toMatch(/^left out of plain: /);
    expect(mediaOf(report)).toEqual([[undefined]]);
    expect(existsSync(report.bundles[0]?.path ?? '')).toBe(true);
    expect(partials()).toEqual([]);
  });

  it('if it is one of several', async () => {
    serve(icon, { type: 'screenshot', bytes: Buffer.from('x') }, { type: 'banner', bytes: png(90) });
    const report = await fetch(['plain']);
    expect(mediaOf(report)[0]?.[0]?.map(({ type }) => type)).toEqual(['icon', 'banner']);
    expect(fetching.warned.filter((line) => line.startsWith('left out'))).toHaveLength(1);
  });

  it('if the server is busy, after some attempts', async () => {
    let left = 2;
    serve(icon);
    const answer = pictures.answer;
    pictures.answer = (asked, reply) => ((left -= 1) < 0 ? answer(asked, reply) : reply.writeHead(503).end());
    expect(mediaOf(await fetch(['plain']))[0]?.[0]).toHaveLength(1);
    expect(fetching.waits).toEqual([500, 1_250]);
    const { origin } = pictures.url;
    expect(fetching.warned.slice(0, 2)).toEqual([
      `${origin} answered 503; trying again in 1 s`,
      `${origin} answered 503; trying again in 2 s`,
    ]);
  });

  it('if the connection breaks, after some attempts', async () => {
    serve(icon);
    let isCut = true;
    const answer = pictures.answer;
    pictures.answer = (asked, reply) => {
      if (!isCut) return answer(asked, reply);
      isCut = false;
      reply.writeHead(200, { 'content-length': String(icon.bytes.length) }).write(icon.bytes.subarray(0, 99));
      return setImmediate(() => reply.destroy());
    };
    expect(mediaOf(await fetch(['plain']))[0]?.[0]).toMatchObject([{ sizeBytes: icon.bytes.length }]);
  });

  it.each([
    [
      'always busy',
      () => (pictures.answer = (_, reply) => reply.writeHead(503).end()),
      ATTEMPTS,
      'answered 503',
    ],
    ['missing', () => undefined, 0, 'nothing listens there'],
  ])('if the server is %s, and it is asked for only one picture', async (_, arrange, asked, why) => {
    const gone = await WebServer.start();
    await gone.stop();
    arrange();
    const origin = asked > 0 ? pictures.url : gone.url;
    listed(...['/0', '/1', '/2'].map((path) => new URL(path, origin).href));
    expect(mediaOf(await fetch(['plain']))).toEqual([[undefined]]);
    expect(fetching.warned.filter((line) => line.startsWith('left out'))).toEqual([
      expect.stringMatching(new RegExp(`^left out of plain: icon ${origin.href}0: .*${why}$`)),
      `left out of plain: 2 more: ${origin.origin} did not answer an earlier request`,
    ]);
    expect(pictures.asked).toHaveLength(asked);
  });

  it('if the listing was shown before, and the other store keeps it', async () => {
    serve(icon);
    await target.push((await fetch(['plain'])).bundles[0]?.path ?? '');
    pictures.answer = (_, reply) => reply.writeHead(404).end();
    const report = await target.push((await fetch(['plain'])).bundles[0]?.path ?? '');
    expect(report).toMatchObject({ changed: false });
  });
});

it('leaves no picture behind if the bundle cannot be written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fetch-media-'));
  try {
    const exportDir = join(directory, 'x'.repeat(300));
    await expect(fetching.fetch(['listed'], { withNeeds: false, exportDir })).rejects.toThrow(
      'cannot write a bundle',
    );
    // Nothing was fetched for it.
    expect(partials()).toEqual([]);
    await fetch(['listed']);
    expect(partials()).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
