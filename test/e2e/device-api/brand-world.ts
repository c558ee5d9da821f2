import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { digestToBase64url } from '../../../src/common/crypto/digest.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { SessionClient, TestDevice } from '../../support/test-device.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

/** A snap of these tests, and the paths of its files. */
export interface BrandSnap {
  readonly name: string;
  readonly snapId: string;
  readonly digest: string;
  readonly path: string;
}

type Headers = Record<string, string>;

/** A store that knows two brands, with devices of both and of an unknown brand. */
export class BrandWorld {
  readonly stack = new TestStoreStack();
  /** Signs for the same names with unknown keys. */
  private readonly elsewhere = new TestStoreStack({ authorityId: 'elsewhere' });
  readonly client: SessionClient;

  private constructor(readonly store: StoreApp) {
    this.client = new SessionClient(store);
  }

  static async start(): Promise<BrandWorld> {
    const world = new BrandWorld(await StoreApp.start());
    await world.store.trust(world.stack.trusted());
    for (const brandId of ['brand', 'other']) {
      const chain = world.stack.chain(world.stack.model({ brandId }));
      await world.acknowledge(...chain.filter(({ type }) => type.name !== 'model'));
    }
    return world;
  }

  async acknowledge(...assertions: readonly Assertion[]): Promise<void> {
    await this.store.app.get(AssertionsService).addAll(assertions);
  }

  /** The headers of a new session of a device whose model names a store. */
  async session(brandId: string, serial: string, store?: string, isKnown = true): Promise<Headers> {
    const stack = isKnown ? this.stack : this.elsewhere;
    const device = new TestDevice(stack, serial, brandId);
    const model = stack.model({ brandId }, store === undefined ? {} : { headers: { store } });
    const reply = await this.client.ask(device, { model });
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode}: ${reply.body}`);
    return { 'snap-device-authorization': `Macaroon root="${reply.json<{ macaroon: string }>().macaroon}"` };
  }

  /** Writes the pair of a snap. @param padding - makes the file longer */
  async snap(
    name: string,
    revision = 1,
    publisherId = 'brand',
    yaml = '',
    padding?: Buffer,
  ): Promise<BrandSnap> {
    const recipe = { name, revision, yaml, architectures: ['all'], ...(padding && { padding }) };
    const snap = TestPublisher.of(this.stack, publisherId).snap(recipe);
    const path = await writePair(this.store.directory, snap);
    return { name, snapId: snap.snapId, digest: digestToBase64url(snap.digest), path };
  }

  /**
   * What each door says of a snap: status, and the body with the snap's names taken out, so that two snaps can be
   * compared.
   */
  async doors(snap: BrandSnap, headers: Headers): Promise<Record<string, string>> {
    const { name, snapId, digest } = snap;
    const said: Record<string, string> = {};
    const blind = (body: string) =>
      body.replaceAll(name, 'NAME').replaceAll(snapId, 'ID').replaceAll(digest, 'DIGEST');
    const get = async (door: string, path: string, more: Headers = {}, method: 'GET' | 'HEAD' = 'GET') => {
      const reply = await this.client.get(path, { ...headers, ...more }, method);
      const { etag, 'content-length': length } = reply.headers;
      const shown = reply.statusCode < 400 ? 'there' : `${String(etag)} ${length} ${blind(reply.body)}`;
      said[door] = `${reply.statusCode} ${shown}`;
    };
    const listed = async (door: string, path: string) => {
      const reply = await this.client.get(path, headers);
      said[door] = `${reply.statusCode} ${reply.body.includes(name) ? 'there' : 'nothing'}`;
    };
    const refresh = async (door: string, action: object, context: object[] = []) => {
      const reply = await this.client.refresh({ context, actions: [action] }, headers);
      const there = reply.body.includes('/download/') || reply.body.includes('/v2/assertions/');
      said[door] = `${reply.statusCode} ${there ? 'there' : blind(reply.body)}`;
    };
    const file = `/api/v1/snaps/download/${snapId}_1.snap`;
    const byId = { action: 'download', 'instance-key': 'd', 'snap-id': snapId };
    const installed = [
      { 'snap-id': snapId, 'instance-key': snapId, revision: 7, 'tracking-channel': 'stable' },
    ];
    const declaration = { type: 'snap-declaration', 'primary-key': ['16', snapId] };
    const fetchOf = (assertion: object) => ({
      action: 'fetch-assertions',
      key: 'k',
      assertions: [assertion],
    });

    await get('info', `/v2/snaps/info/${name}?fields=name`);
    await listed('find', `/v2/snaps/find?q=${name}`);
    await listed('find prefix', `/v2/snaps/find?name=${name}`);
    await listed('find likeness', `/v2/snaps/find?q=${name}q`);
    await listed('find category', '/v2/snaps/find?category=games');
    await listed('find publisher', '/v2/snaps/find?publisher=brand');
    await listed('find common-id', `/v2/snaps/find?common-id=${name}.desktop`);
    await listed('find everything', '/v2/snaps/find');
    await listed('find featured', '/v2/snaps/find?featured=true');
    await listed('names', '/api/v1/snaps/names');
    await refresh('install', { action: 'install', 'instance-key': 'i', name });
    await refresh('install revision', { action: 'install', 'instance-key': 'i', name, revision: 1 });
    await refresh('download', byId);
    await refresh('download revision', { ...byId, revision: 1 });
    await refresh('refresh', { action: 'refresh', 'instance-key': snapId, 'snap-id': snapId }, installed);
    await refresh('fetch-assertions', fetchOf(declaration));
    await refresh('fetch-assertions newer', fetchOf({ ...declaration, 'if-newer-than': 0 }));
    const cohort = await this.store.app.inject({
      method: 'POST',
      url: '/v2/cohorts',
      headers: { host: 'store.test', 'content-type': 'application/json', ...headers },
      payload: JSON.stringify({ snaps: [name] }),
    });
    said['cohort'] = `${cohort.statusCode} ${cohort.statusCode === 200 ? 'there' : blind(cohort.body)}`;
    await get('get', file);
    await get('head', file, {}, 'HEAD');
    await get('range', file, { range: 'bytes=10-' });
    await get('if-none-match', file, { 'if-none-match': '*' });
    await get('snap-declaration', `/v2/assertions/snap-declaration/16/${snapId}`);
    await get('declaration if-none-match', `/v2/assertions/snap-declaration/16/${snapId}`, {
      'if-none-match': '"0"',
    });
    await get('snap-revision', `/v2/assertions/snap-revision/${digest}`);
    return said;
  }
}
