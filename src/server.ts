import type { Type } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { refuseBytes, refuseUrl } from './common/http/early-refusals.js';
import { MAX_BODY_BYTES, REQUEST_TIMEOUT_MS, STALL_TIMEOUT_MS } from './common/limits.js';
import { TerminalLogger } from './common/terminal/terminal-logger.js';
import { startWatchers } from './database/watcher.js';
import { DeviceGate } from './devices/device.gate.js';
import { Front } from './front/front.js';
import { answerState } from './front/turns.js';
import { UnderWay } from './front/under-way.js';
import type { Application } from './https/door-listener.js';
import type { DoorService } from './https/door-service.js';
import { ManagementDoorService } from './https/management-door.service.js';
import { TlsDoorService } from './https/tls-door.service.js';
import { PushJobWatchersService } from './imports/jobs/push-job-watchers.service.js';
import { UploadsService } from './imports/uploads/uploads.service.js';
import { AccessLogGate } from './logs/access-log.gate.js';
import type { ServerLogger } from './logs/server-logger.js';
import { AdminGate } from './management/api/admin.gate.js';
import { OpenApiService } from './management/api/open-api.service.js';
import { ActorContextService } from './management/audit/actor-context.service.js';
import { METRICS_ENABLED } from './management/management.settings.js';
import { MetricsGate } from './metrics/metrics.gate.js';
import { MetricsService } from './metrics/metrics.service.js';
import { RequestFigures } from './metrics/request-figures.js';
import type { Traffic } from './metrics/traffic-families.js';
import { OverridesGate } from './releases/overrides/overrides.gate.js';
import { SettingsService } from './settings/settings.service.js';

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

/** The listeners next to that of Fastify. */
export function doorsOf(app: NestFastifyApplication): DoorService[] {
  return [app.get(TlsDoorService), app.get(ManagementDoorService)];
}

/** Lets the application answer on the other listeners after they are opened, and closes them before its own. */
async function attachDoors(app: NestFastifyApplication, front: Front, underWay: UnderWay): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  front.watch(fastify.server, 'plain');
  if (await app.get(ManagementDoorService).findPlace()) front.separateManagement();
  const application: Application = {
    plain: fastify.server,
    answer: (request, response) => {
      underWay.enter(response);
      fastify.routing(request, response);
    },
    front,
    headers: COMMON_HEADERS,
    onClientError: refuseBytes(COMMON_HEADERS, answerState),
  };
  for (const door of doorsOf(app)) door.attach(application);
  fastify.addHook('preClose', (done) => {
    for (const door of doorsOf(app)) door.leave();
    done();
  });
  fastify.addHook('onClose', async () => await Promise.all(doorsOf(app).map((door) => door.left())));
}

/**
 * Ends connections without a running request as soon as the server stops: there will be none on them. Uploads and
 * streams of events, which may last for hours, go on elsewhere.
 */
function endIdleConnections(app: NestFastifyApplication, front: Front, underWay: UnderWay): void {
  underWay.whenStopping(() => {
    app.getHttpAdapter().getInstance().server.closeIdleConnections();
    front.endSilent();
    for (const door of doorsOf(app)) door.endIdle();
    app.get(PushJobWatchersService).endAll();
    app.get(UploadsService).endParts();
  });
}

/** Counts requests, if metrics are on. */
async function attachMetrics(app: NestFastifyApplication, traffic: Traffic): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  await app.get(MetricsGate).attach(fastify);
  if (!(await app.get(SettingsService).get(METRICS_ENABLED))) return;
  traffic.requests.attach(fastify);
  app.get(MetricsService).serve(traffic);
}

/**
 * The HTTP application, ready but not listening. Tests inject requests into it.
 *
 * @param logger - of a server; without it, warnings and errors are lines on the terminal
 */
export async function createServer(
  module: Type = AppModule,
  underWay = new UnderWay(),
  logger?: ServerLogger,
): Promise<NestFastifyApplication> {
  const adapter = createAdapter();
  const front = new Front(adapter.getInstance(), COMMON_HEADERS, underWay);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: logger ?? new TerminalLogger(),
    abortOnError: false,
    // The front reads bodies.
    bodyParser: false,
  });
  await attachDoors(app, front, underWay);
  endIdleConnections(app, front, underWay);
  app.get(DeviceGate).attach(adapter.getInstance());
  app.get(ActorContextService).serve();
  app.get(AdminGate).attach(adapter.getInstance());
  app.get(OverridesGate).attach(adapter.getInstance());
  if (logger) await app.get(AccessLogGate).attach(adapter.getInstance(), logger);
  await attachMetrics(app, { front, underWay, requests: new RequestFigures() });
  await startWatchers(app.get(DiscoveryService));
  app.get(OpenApiService).attach(app);
  await app.init();
  return app;
}
