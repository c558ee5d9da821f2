import { setFlagsFromString } from 'node:v8';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { AssertionsService } from './assertions/assertions.service.js';
import { refuseBytes, refuseUrl } from './common/early-refusals.js';
import { StoreError } from './common/errors.js';
import { untilSignal } from './common/until-signal.js';
import { HTTP_PORT, LISTEN_ADDRESS } from './settings/server-settings.js';
import { SettingsService } from './settings/settings.service.js';
import { CatalogueService } from './snaps/catalogue.service.js';

/**
 * What snapd reads of this header: at least 6 for registration through the store, 20 for search, 55
 * for held refreshes. The official store sent 69 in 2025.
 *
 * @see snapcore/snapd: store/store.go and store/store_action.go
 */
const COMMON_HEADERS = { 'snap-store-version': '69' };

/** A refresh of a device with thousands of snaps, and groups of assertions for each, stays below this. */
const MAX_BODY_BYTES = 8 << 20;

/** A Fastify that speaks snapd's dialect. */
function createAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: 1_024 },
    frameworkErrors: refuseUrl(COMMON_HEADERS),
    clientErrorHandler: refuseBytes(COMMON_HEADERS),
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(COMMON_HEADERS);
    done();
  });
  // snapd posts without a Content-Type where it has no body, and to cohorts even with one.
  // Any body that is not named JSON stays bytes: texts too.
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return adapter;
}

/** The HTTP application, ready but not listening; tests inject requests into it. */
export async function createServer(module: Type = AppModule): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(module, createAdapter(), {
    logger: ['warn', 'error'],
    abortOnError: false,
    // Fastify's own reads JSON too, without making a parser for each request.
    bodyParser: false,
  });
  await app.get(AssertionsService).watch();
  await app.get(CatalogueService).watch();
  await app.init();
  return app;
}

/**
 * V8 lets a heap that holds much for long grow to several times of that before it collects what is
 * not used; a store that remembers ten thousand snaps would take half a gigabyte instead of a quarter.
 */
const COLLECT_EARLY = '--heap-growing-percent=15';

/**
 * While the store fills its memory, requests that wait for the database live long, and V8 concludes
 * that such objects belong among the old ones. From then on each request leaves garbage there, which
 * keeps more garbage alive: a fifth of the speed with ten thousand snaps.
 */
const REQUESTS_DIE_YOUNG = '--no-allocation-site-pretenuring';

/** The address in words where the port cannot be had. */
function explainListen(error: unknown, address: string, port: number): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program listens there'
      : error.code === 'EACCES'
        ? `ports below 1024 need root: set ${HTTP_PORT.key} to a higher one`
        : error.message;
  return new StoreError('not-configured', `cannot listen on ${address} port ${port}: ${why}`, {
    cause: error,
  });
}

/**
 * Starts serving devices.
 *
 * @returns the application and the URL that it listens on
 * @throws StoreError `not-configured` where the address or port cannot be had
 */
export async function startServer(): Promise<{ app: NestFastifyApplication; url: string }> {
  for (const flag of [COLLECT_EARLY, REQUESTS_DIE_YOUNG]) setFlagsFromString(flag);
  const app = await createServer();
  try {
    const settings = app.get(SettingsService);
    const url = await listen(app, await settings.get(LISTEN_ADDRESS), await settings.get(HTTP_PORT));
    return { app, url };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Fastify's own `listen`: Nest's would log the failure that is thrown here in words. */
async function listen(app: NestFastifyApplication, host: string, port: number): Promise<string> {
  try {
    await app.getHttpAdapter().getInstance().listen({ host, port });
  } catch (error) {
    throw explainListen(error, host, port);
  }
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Serves until SIGINT or SIGTERM; open downloads get a moment to end. */
export async function serveUntilSignal(announce: (url: string) => void): Promise<void> {
  const { app, url } = await startServer();
  announce(url);
  await untilSignal();
  await app.close();
}
