import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { keepPrivate } from './common/files/private-files.js';
import { LISTEN_BACKLOG } from './common/limits.js';
import { onInterruption } from './common/terminal/interruption.js';
import { printWaiting } from './common/terminal/print-waiting.js';
import { untilSignal } from './common/terminal/until-signal.js';
import { DeltaWorkerService } from './deltas/delta-worker.service.js';
import { WarmUpService } from './device-api/warm-up.service.js';
import { UnderWay } from './front/under-way.js';
import { listening } from './https/listening.js';
import { ManagementDoorService } from './https/management-door.service.js';
import { TlsDoorService } from './https/tls-door.service.js';
import { PushJobRunnerService } from './imports/jobs/push-job-runner.service.js';
import { PushJobWatchersService } from './imports/jobs/push-job-watchers.service.js';
import { ExpiredUploadsService } from './imports/uploads/expired-uploads.service.js';
import { ServerLogger } from './logs/server-logger.js';
import { createServer, doorsOf } from './server.js';
import { STORE_ID } from './settings/identity.settings.js';
import { HTTP_PORT, LISTEN_ADDRESS } from './settings/server.settings.js';
import { SettingsService } from './settings/settings.service.js';
import { UnitConfigService } from './settings/unit-config.service.js';

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
 * @returns the application, the URLs that it listens on (HTTP, and HTTPS if there is a certificate), that of
 *   management if it has its own, and the running requests
 * @throws StoreError `not-configured` if it cannot listen on the address or port
 */
export async function startServer(): Promise<{
  app: NestFastifyApplication;
  urls: string[];
  managementUrl: string | undefined;
  underWay: UnderWay;
  logger: ServerLogger;
}> {
  for (const flag of [COLLECT_EARLY, REQUESTS_DIE_YOUNG]) setFlagsFromString(flag);
  const underWay = new UnderWay();
  const logger = new ServerLogger();
  const app = await createServer(undefined, underWay, logger);
  try {
    const settings = app.get(SettingsService);
    closeData(app);
    const tlsUrl = await app.get(TlsDoorService).open();
    const url = await listen(app, await settings.get(LISTEN_ADDRESS), await settings.get(HTTP_PORT));
    const managementUrl = await app.get(ManagementDoorService).open();
    await warnUnregistered(app);
    await app.get(WarmUpService).start();
    await app.get(DeltaWorkerService).start();
    await app.get(PushJobRunnerService).start();
    app.get(ExpiredUploadsService).start();
    return { app, urls: tlsUrl === undefined ? [url] : [url, tlsUrl], managementUrl, underWay, logger };
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

/** After this time, in milliseconds, running downloads are cut off. snapd continues them elsewhere or later. */
export const CLOSING_GRACE_MS = 60_000;

/** The most downloads that a stopping server names. */
const NAMED_DOWNLOADS = 5;

/** Serves until SIGINT or SIGTERM, and then stops as {@link stopServing} says. */
export async function serveUntilSignal(): Promise<void> {
  const { app, urls, managementUrl, underWay, logger } = await startServer();
  // Before the announcement: whoever reads it may stop the server at once.
  const stopped = untilSignal();
  const management = managementUrl === undefined ? '' : ` (management on ${managementUrl})`;
  logger.announce(`Serving snaps on ${urls.join(' and ')}${management}`);
  await stopServing(app, underWay, await stopped);
}

/**
 * Refuses new requests with 503, `/readyz` among them, until running ones are answered. Running downloads get
 * {@link CLOSING_GRACE_MS} to finish. A second signal ends them at once. Then nothing listens any more.
 */
async function stopServing(
  app: NestFastifyApplication,
  underWay: UnderWay,
  signal: NodeJS.Signals,
): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const cut = () => {
    fastify.server.closeAllConnections();
    for (const door of doorsOf(app)) door.cut();
  };
  const late = setTimeout(cut, CLOSING_GRACE_MS);
  const done = onInterruption(cut);
  if (underWay.count > 0) sayWaiting(underWay, signal);
  const answered = underWay.stop();
  app.get(PushJobWatchersService).endAll();
  await answered;
  await app.close();
  done();
  clearTimeout(late);
}

/** Whoever pressed Ctrl-C can press it again; everyone else reads the log. */
function sayWaiting(underWay: UnderWay, signal: NodeJS.Signals): void {
  const { count, downloads } = underWay;
  const graceSeconds = CLOSING_GRACE_MS / 1_000;
  if (signal === 'SIGINT') return printWaiting({ requests: count, graceSeconds });
  const what = count === 1 ? '1 running request' : `${count} running requests`;
  new Logger('Server').warn(
    `stopping: waiting ${graceSeconds} seconds at most for ${what}${downloadsText(downloads)}`,
  );
}

function downloadsText(downloads: readonly string[]): string {
  const { length } = downloads;
  if (length === 0) return '';
  const names = downloads.slice(0, NAMED_DOWNLOADS).join(', ');
  const more = length > NAMED_DOWNLOADS ? `, and ${length - NAMED_DOWNLOADS} more` : '';
  return `, of which ${length === 1 ? '1 is a download' : `${length} are downloads`}: ${names}${more}`;
}
