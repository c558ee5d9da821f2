import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { NO_PROGRESS } from '../../src/common/terminal/progress.js';
import { parseFetchRequest, type FetchWords } from '../../src/fetch/fetch-request.js';
import { FetchService, type FetchOptions, type FetchReport } from '../../src/fetch/fetch.service.js';
import { NO_INVENTORY } from '../../src/fetch/inventory-file.js';
import { RetryService } from '../../src/outgoing/retry.service.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { StoreApp } from './store-app.js';
import type { TestPublisher } from './test-snaps.js';
import { WebServer } from './web-server.js';

/** What a test says of a fetch; the rest is sensible. */
export interface FetchRecipe extends Partial<Omit<FetchOptions, 'request'>> {
  readonly channels?: readonly string[];
  readonly architectures?: readonly string[];
  readonly yamlFile?: string;
  /** Who fetches; by default the connected store. */
  readonly by?: StoreApp;
}

/** A connected store in a test, its upstream store, and a server between the two that can misbehave. */
export class Fetching {
  readonly said: string[] = [];
  readonly warned: string[] = [];
  readonly waits: number[] = [];

  private constructor(
    /** A whole store, served on loopback. */
    readonly upstream: StoreApp,
    /** The store that fetches. */
    readonly store: StoreApp,
    /** What stands between; by default it passes everything on. */
    readonly between: WebServer,
    readonly upstreamUrl: URL,
  ) {}

  static async start(publisher: TestPublisher): Promise<Fetching> {
    const upstream = await StoreApp.start();
    await upstream.trust(publisher.stack.trusted());
    await upstream.app.listen(0, '127.0.0.1');
    const { port } = upstream.app.getHttpServer().address() as AddressInfo;
    const store = await StoreApp.start();
    await store.trust(publisher.stack.trusted());
    const between = await WebServer.start();
    const fetching = new Fetching(upstream, store, between, new URL(`http://127.0.0.1:${port}`));
    store.app.get(RetryService).for = (ms) => {
      fetching.waits.push(ms);
      return Promise.resolve();
    };
    await store.app.get(SettingsService).set([['proxy.upstream', between.url.href]]);
    fetching.passOn();
    return fetching;
  }

  async stop(): Promise<void> {
    await this.between.stop();
    await this.store.stop();
    await this.upstream.stop();
  }

  /** Answers as the upstream store would, from now on. */
  passOn(): void {
    this.said.length = 0;
    this.warned.length = 0;
    this.waits.length = 0;
    this.between.asked.length = 0;
    this.between.answer = async (asked, reply) => {
      const { status, headers, body } = await this.ask(asked);
      reply.writeHead(status, headers).end(body);
    };
  }

  /** What the upstream store answers. */
  async ask({ method, path, headers, body }: WebServer['asked'][number]): Promise<{
    status: number;
    headers: Record<string, string>;
    body: Buffer;
  }> {
    const reply = await this.upstream.app.inject({
      method: method as 'GET',
      url: path,
      headers: { ...headers },
      ...(body !== '' && { payload: body }),
    });
    const plain = Object.fromEntries(
      Object.entries(reply.headers).map(([name, value]) => [name, String(value)]),
    );
    return { status: reply.statusCode, headers: plain, body: reply.rawPayload };
  }

  async fetch(names: readonly string[], recipe: FetchRecipe = {}): Promise<FetchReport> {
    const { channels = [], architectures = [], yamlFile, by = this.store, ...options } = recipe;
    const words: FetchWords = { names, channels, architectures, yamlFile };
    return await by.app.get(FetchService).fetch(
      {
        request: await parseFetchRequest(words),
        withNeeds: true,
        withComponents: true,
        withMedia: true,
        singleFile: false,
        exportDir: join(this.store.directory, 'exported'),
        inventory: NO_INVENTORY,
        ...options,
      },
      {
        say: (line) => this.said.push(line),
        warn: (line) => this.warned.push(line),
        download: NO_PROGRESS,
      },
    );
  }

  /** The requests that were made, without the host. */
  paths(): string[] {
    return this.between.asked.map(({ method, path }) => `${method} ${path}`);
  }
}
