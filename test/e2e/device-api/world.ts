import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { TestPublisher, writePair, type SnapRecipe, type TestSnap } from '../../support/test-snaps.js';

/** The host of injected requests: URLs in answers must use it. */
export const HOST = 'store.test:8080';
export const ORIGIN = `http://${HOST}`;

export interface RefreshReply {
  readonly results: Record<string, unknown>[];
  readonly 'error-list': unknown[];
}

/** A store that trusts a publisher and a brand, with the requests of a device. */
export class World {
  private constructor(
    readonly store: StoreApp,
    readonly publisher: TestPublisher,
    /** Is a trusted root itself. */
    readonly brand: TestStoreStack,
  ) {}

  static async start(): Promise<World> {
    const store = await StoreApp.start();
    const publisher = new TestPublisher();
    const brand = new TestStoreStack({ authorityId: 'brand', hasOneKey: true });
    const roots = [...brand.trusted(), ...publisher.stack.trusted()];
    await store.trust(roots);
    return new World(store, publisher, brand);
  }

  async stop(): Promise<void> {
    await this.store.stop();
  }

  async push(recipe: SnapRecipe, channels: readonly string[] = ['latest/stable']): Promise<TestSnap> {
    const snap = this.publisher.snap(recipe);
    await this.store.push(await writePair(this.store.directory, snap), { channels: [...channels] });
    return snap;
  }

  async acknowledge(...assertions: readonly Assertion[]): Promise<void> {
    await this.store.app.get(AssertionsService).addAll(assertions);
  }

  async get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
    return await this.store.app.inject({ method, url, headers: { host: HOST, ...headers } });
  }

  /** A refresh as snapd sends it; `architecture` is the device's. */
  async post(body: unknown, architecture = 'amd64') {
    return await this.store.app.inject({
      method: 'POST',
      url: '/v2/snaps/refresh',
      headers: {
        host: HOST,
        'content-type': 'application/json',
        accept: 'application/json',
        'snap-device-series': '16',
        'snap-device-architecture': architecture,
      },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async refresh(
    actions: readonly object[],
    {
      context = [],
      architecture = 'amd64',
      ...members
    }: { context?: object[]; architecture?: string; fields?: string[] | null } & object = {},
  ): Promise<RefreshReply> {
    const reply = await this.post({ context, actions, ...members }, architecture);
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode}: ${reply.body}`);
    return reply.json<RefreshReply>();
  }
}

/** Members of a result, a level down. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = (found as Record<string, unknown> | undefined)?.[key];
  return found;
}
