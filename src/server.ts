import { setFlagsFromString } from 'node:v8';
import { Logger, type Type } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { keepPrivate } from './common/files/private-files.js';
import { refuseBytes, refuseUrl } from './common/http/early-refusals.js';
import { LISTEN_BACKLOG, MAX_BODY_BYTES, REQUEST_TIMEOUT_MS, STALL_TIMEOUT_MS } from './common/limits.js';
import { onInterruption } from './common/terminal/interruption.js';
import type { Waiting } from './common/terminal/print-waiting.js';
import { TerminalLogger } from './common/terminal/terminal-logger.js';
import { untilSignal } from './common/terminal/until-signal.js';
import { startWatchers } from './database/watcher.js';
import { DeltaWorkerService } from './deltas/delta-worker.service.js';
import { WarmUpService } from './device-api/warm-up.service.js';
import { DeviceGate } from './devices/device.gate.js';
import { Front } from './front/front.js';
import { answerState } from './front/turns.js';
import { UnderWay } from './front/under-way.js';
import { listening } from './https/listening.js';
import { TlsDoorService } from './https/tls-door.service.js';
import { AdminGate } from './management/api/admin.gate.js';
import { OpenApiService } from './management/api/open-api.service.js';
import { ActorContextService } from './management/audit/actor-context.service.js';
import { OverridesGate } from './releases/overrides/overrides.gate.js';
import { STORE_ID } from './settings/identity.settings.js';
import { HTTP_PORT, LISTEN_ADDRESS } from './settings/server.settings.js';
import { SettingsService } from './settings/settings.service.js';
import { UnitConfigService } from './settings/unit-config.service.js';

/**
 * The value of this header that snapd checks: at least 6 for registration through the store, 20 for search, 55
 * for held refreshes. The official store sent 69 in 2025.
 *
 * @see snapcore/snapd: store/store.go and store/store_action.go
 */
const COMMON_HEADERS = { 'snap-store-version': '69' };

/** How often Node checks for requests that have not arrived in time. */
const TIMEOUT_CHECK_MS = 10_000;

/** A Fastify that follows snapd's conventions. */
function createAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: STALL_TIMEOUT_MS,
    // The front checks the host, and reports errors like all others. It also answers while the server stops.
    http: { connectionsCheckingInterval: TIMEOUT_CHECK_MS, requireHostHeader: false },
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_024 },
    frameworkErrors: refuseUrl(COMMON_HEADERS),
    clientErrorHandler: refuseBytes(COMMON_HEADERS, answerState),
  });
  adapter.getInstance().addHook('onRequest', (_request, reply, done) => {
    void reply.headers(COMMON_HEADERS);
    done();
  });
  return adapter;
}

/** Lets the application answer over TLS after the HTTPS port is opened, and closes that port before its own. */
function attachTls(app: NestFastifyApplication, front: Front, underWay: UnderWay): void {
  const fastify = app.getHttpAdapter().getInstance();
  front.watch(fastify.server, 'plain');
  const door = app.get(TlsDoorService);
  door.attach({
    plain: fastify.server,
    answer: (request, response) => {
      underWay.enter(response);
      fastify.routing(request, response);
    },
    front,
    headers: COMMON_HEADERS,
    onClientError: refuseBytes(COMMON_HEADERS, answerState),
  });
  fastify.addHook('preClose', (done) => {
    door.leave();
    done();
  });
  fastify.addHook('onClose', async () => await door.left());
}

/** The HTTP application, ready but not listening. Tests inject requests into it. */
export async function createServer(
  module: Type = AppModule,
  underWay = new UnderWay(),
): Promise<NestFastifyApplication> {
  const adapter = createAdapter();
  const front = new Front(adapter.getInstance(), COMMON_HEADERS);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new TerminalLogger(),
    abortOnError: false,
    // The front reads bodies.
    bodyParser: false,
  });
  attachTls(app, front, underWay);
  app.get(DeviceGate).attach(adapter.getInstance());
  app.get(ActorContextService).serve();
  app.get(AdminGate).attach(adapter.getInstance());
  app.get(OverridesGate).attach(adapter.getInstance());
  await startWatchers(app.get(DiscoveryService));
  app.get(OpenApiService).attach(app);
  await app.init();
  return app;
}

/**
 * V8 lets a heap with much long-lived data grow to several times its size before it collects garbage. A store
 * with ten thousand snaps in memory would use half a gigabyte instead of a quarter.
 */
const COLLECT_EARLY = '--heap-growing-percent=40';

/**
 * While the store fills its memory, requests that wait for the database live long, and V8 learns to put such
 * objects into the old generation. From then on each request leaves garbage there, which keeps more garbage
 * alive. This costs a fifth of the speed with ten thousand snaps.
 */
const REQUESTS_DIE_YOUNG = '--no-allocation-site-pretenuring';

/**
 * Starts serving devices.
 *
 * @returns the application, the URLs that it listens on (HTTP, and HTTPS if there is a certificate), and its
 *   running requests
 * @throws StoreError `not-configured` if it cannot listen on the address or port
 */
export async function startServer(): Promise<{
  app: NestFastifyApplication;
  urls: string[];
  underWay: UnderWay;
}> {
  for (const flag of [COLLECT_EARLY, REQUESTS_DIE_YOUNG]) setFlagsFromString(flag);
  const underWay = new UnderWay();
  const app = await createServer(undefined, underWay);
  try {
    const settings = app.get(SettingsService);
    closeData(app);
    const tlsUrl = await app.get(TlsDoorService).open();
    const url = await listen(app, await settings.get(LISTEN_ADDRESS), await settings.get(HTTP_PORT));
    await warnUnregistered(app);
    await app.get(WarmUpService).start();
    await app.get(DeltaWorkerService).start();
    return { app, urls: tlsUrl === undefined ? [url] : [url, tlsUrl], underWay };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function warnUnregistered(app: NestFastifyApplication): Promise<void> {
  if ((await app.get(SettingsService).getText(STORE_ID.key)) !== undefined) return;
  new Logger('Store').warn(
    'this store is not registered: devices cannot use it until you run `snap-store-proxy register`',
  );
}

/** Before the first device is answered: removes the access of other accounts that older versions left open. */
function closeData(app: NestFastifyApplication): void {
  const { dataDir } = app.get(UnitConfigService);
  const warn = (error: unknown) =>
    new Logger('DataDirectory').warn(`cannot make ${dataDir} private to this account: ${String(error)}`);
  try {
    void keepPrivate(dataDir).catch(warn);
  } catch (error) {
    warn(error);
  }
}

async function listen(app: NestFastifyApplication, host: string, port: number): Promise<string> {
  // Nest's own `listen` would also log the error, which is reported in one line here.
  const opened = app.getHttpAdapter().getInstance().listen({ host, port, backlog: LISTEN_BACKLOG });
  await listening(opened, { host, port }, { setting: HTTP_PORT.key });
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** After this time running downloads are cut off. snapd continues them elsewhere or later. */
const CLOSING_GRACE_MS = 60_000;

/**
 * Serves until SIGINT or SIGTERM. Running downloads get some time to finish. A second signal ends them at once.
 *
 * @param wait - called after Ctrl-C with what is still running, if anything
 */
export async function serveUntilSignal(
  announce: (urls: string) => void,
  wait: (waiting: Waiting) => void,
): Promise<void> {
  const { app, urls, underWay } = await startServer();
  // Before the announcement: whoever reads it may stop the server at once.
  const stopped = untilSignal();
  announce(urls.join(' and '));
  const signal = await stopped;
  const cut = () => {
    app.getHttpAdapter().getInstance().server.closeAllConnections();
    app.get(TlsDoorService).cut();
  };
  const late = setTimeout(cut, CLOSING_GRACE_MS);
  const done = onInterruption(cut);
  const requests = underWay.count;
  // A service manager knows how long it waits.
  if (requests > 0 && signal === 'SIGINT') wait({ requests, graceSeconds: CLOSING_GRACE_MS / 1_000 });
  await app.close();
  done();
  clearTimeout(late);
}
