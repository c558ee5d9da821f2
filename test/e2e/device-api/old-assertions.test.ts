import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { digestToHex } from '../../../src/common/crypto/digest.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { listen, send } from './wire.js';
import { World } from './world.js';

const OLD = '/api/v1/snaps/assertions';
const MEDIA_TYPE = 'application/x.ubuntu.assertion';

/** In the form of snapd 2.44.3. */
const HEADERS = {
  accept: MEDIA_TYPE,
  'user-agent': 'snapd/2.44.3 (series 16; classic) ubuntu/20.04 (amd64)',
  'x-ubuntu-architecture': 'amd64',
  'x-ubuntu-classic': 'true',
  'x-ubuntu-series': '16',
};

/** Decodes one assertion after the other, like snapd. */
const typesIn = (body: Buffer) => [...decodeStream(body)].map(({ type }) => type.name);

let world: World;
let snap: TestSnap;
let port: number;

beforeAll(async () => {
  world = await World.start();
  snap = await world.push({ name: 'hello', revision: 1 });
  for (const sequence of [1, 3])
    await world.acknowledge(world.brand.validationSet({ name: 'set', sequence }));
  await world.acknowledge(world.brand.store({ store: 'brand-store', operatorId: 'brand' }));
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const get = async (path: string, headers: Record<string, string> = {}) =>
  await send(port, { path: `${OLD}/${path}`, headers: { ...HEADERS, ...headers } });

describe('the path of snapd before 2.50 for assertions', () => {
  it('answers like the new one', async () => {
    for (const path of [
      `snap-declaration/16/${snap.snapId}?max-format=4`,
      `snap-revision/${String(snap.snapRevision.primaryKey[0])}?max-format=0`,
      'account/acme?max-format=0',
      `account-key/${world.publisher.stack.storeAccountKey.primaryKey[0]}?max-format=0`,
      'store/brand-store?max-format=0',
      'validation-set/16/brand/set?max-format=0',
    ]) {
      const [old, now] = [
        await get(path),
        await send(port, { path: `/v2/assertions/${path}`, headers: HEADERS }),
      ];
      expect([path, old.status, old.headers['content-type']]).toEqual([path, 200, MEDIA_TYPE]);
      expect(old.body.equals(now.body)).toBe(true);
      expect([old.headers.etag, old.headers.vary]).toEqual([now.headers.etag, now.headers.vary]);
      expect(typesIn(old.body)).toHaveLength(1);
    }
  });

  // snapd 2.49 and older read `status`, `title` and `detail`, and nothing where the type is another one.
  it.each([
    ['account/nobody?max-format=0', 404, 'Not Found'],
    ['no-such-type/a/b?max-format=0', 404, 'Not Found'],
    [`snap-declaration/16/${'x'.repeat(32)}?max-format=4`, 404, 'Not Found'],
    ['account/a/b?max-format=0', 400, 'Bad Request'],
    ['account/acme?max-format=x', 400, 'Bad Request'],
    ['account', 404, 'Not Found'],
  ])('refuses %s in a format that they read', async (path, status, title) => {
    const reply = await get(path);
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(reply.body.toString())).toMatchObject({
      status,
      title,
      detail: expect.stringMatching(/./) as string,
      'error-list': [{ message: expect.stringMatching(/./) as string }],
    });
  });
});

describe('the chain of a file, as Juju 4 requests it', () => {
  const JUJU = { 'snap-device-series': '16', 'user-agent': 'juju', accept: '*/*' };

  it('is one stream, with each assertion after its prerequisites', async () => {
    const reply = await send(port, { path: `${OLD}/${digestToHex(snap.digest)}`, headers: JUJU });
    expect([reply.status, reply.headers['content-type']]).toEqual([200, MEDIA_TYPE]);
    const types = typesIn(reply.body);
    expect(types.toSorted()).toEqual(['account', 'account-key', 'snap-declaration', 'snap-revision']);
    expect(types.at(-1)).toBe('snap-revision');
    // What `snap ack` does: nothing may be missing below the root that the machine trusts.
    const known = new Set(
      world.publisher.stack.trusted().map(({ type, primaryKey }) => `${type.name}/${primaryKey.join('/')}`),
    );
    for (const assertion of decodeStream(reply.body)) {
      for (const { type, primaryKey } of assertion.type.prerequisites(assertion))
        expect(known).toContain(`${type}/${primaryKey.join('/')}`);
      expect(known).toContain(`account-key/${assertion.signKeyId}`);
      known.add(`${assertion.type.name}/${assertion.primaryKey.join('/')}`);
    }
  });

  it('is the same for capital digits', async () => {
    const [lower, upper] = [digestToHex(snap.digest), digestToHex(snap.digest).toUpperCase()];
    expect((await get(upper)).body.equals((await get(lower)).body)).toBe(true);
  });

  it.each(['0'.repeat(96), '0'.repeat(95), 'x'.repeat(96)])('is not found for %s', async (digest) => {
    expect((await get(digest)).status).toBe(404);
  });

  it('is found from info about a channel of exactly the requested architecture', async () => {
    const reply = await send(port, {
      path: '/v2/snaps/info/hello?architecture=amd64&fields=version,revision,download,channel',
      headers: JUJU,
    });
    const {
      'channel-map': [entry],
    } = JSON.parse(reply.body.toString()) as {
      'channel-map': { channel: object; revision: number; download: { url: string; 'sha3-384': string } }[];
    };
    expect(entry).toMatchObject({
      channel: { architecture: 'amd64', track: 'latest', risk: 'stable' },
      revision: 1,
      download: { 'sha3-384': digestToHex(snap.digest) },
    });
    const file = await send(port, { path: new URL(entry?.download.url ?? '').pathname, headers: JUJU });
    expect(file.body.equals(snap.bytes)).toBe(true);
    expect((await get(entry?.download['sha3-384'] ?? '', JUJU)).status).toBe(200);
  });
});
