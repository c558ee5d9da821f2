import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { Injectable, Logger } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { storeUrl } from '../common/http/store-url.js';
import { LISTEN_BACKLOG } from '../common/limits.js';
import type { Front } from '../front/front.js';
import type { RequestHandler } from '../front/turns.js';
import {
  DOMAIN,
  HTTPS_PORT,
  LISTEN_ADDRESS,
  TRUST_FORWARDED_PROTO,
  TRUSTED_PROXIES,
} from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { listening, type Place } from './listening.js';
import { redirectTo } from './redirect.js';
import { TLS_CERT, TLS_KEY } from './tls.settings.js';

/** The application that answers, and its existing HTTP server. */
export interface Application {
  readonly plain: HttpServer;
  readonly answer: RequestHandler;
  /** The front that protects it. */
  readonly front: Front;
  readonly headers: Readonly<Record<string, string>>;
  readonly onClientError: (error: Error & { code?: string }, socket: Socket) => void;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const MIN_VERSION = 'TLSv1.2';
/** A server that stops waits at most this long for clients that have begun to connect. */
const HANDSHAKE_TIMEOUT_MS = 30_000;

/**
 * HTTPS, while there is a certificate. The same application listens on a second port, and the HTTP port
 * redirects devices there. It follows the settings while it runs. Without a certificate, only HTTP is served.
 */
@Injectable()
export class TlsDoorService {
  private readonly logger = new Logger('HTTPS');
  private application: Application | undefined;
  /** A running server does not change it. */
  private place: Place | undefined;
  private tls: Server | undefined;
  private pair: Pair | undefined;
  /** Servers that no longer listen but are still sending their last answers. */
  private readonly leaving = new Map<Server, Promise<void>>();
  private work: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly settings: SettingsService) {}

  /** Sets the application that answers. Called once, before {@link open}. */
  attach(application: Application): void {
    this.application = application;
    this.answerPlainWith(application.answer);
  }

  /**
   * Listens if there is a certificate, and follows the settings from now on.
   *
   * @returns the URL that it listens on, or undefined without a certificate
   * @throws StoreError `not-configured` if it cannot listen on the port or use the certificate
   */
  async open(): Promise<string | undefined> {
    const place: Place = {
      host: await this.settings.get(LISTEN_ADDRESS),
      port: await this.settings.get(HTTPS_PORT),
    };
    this.place = place;
    await this.settings.watch(() => void this.follow());
    await this.inTurn(() => this.apply());
    return this.tls && storeUrl('https', place.host, place.port);
  }

  /** Accepts no more connections. */
  leave(): void {
    this.closed = true;
    this.retire();
    for (const server of this.leaving.keys()) server.closeIdleConnections();
  }

  /** Ends the answers that are still being sent. Called after {@link leave}, if that takes too long. */
  cut(): void {
    for (const server of this.leaving.keys()) server.closeAllConnections();
  }

  /** Waits until the last answer is sent. Called after {@link leave}. */
  async left(): Promise<void> {
    await this.work.catch(() => undefined);
    await Promise.all(this.leaving.values());
  }

  /** Applies a change of the settings. A change with an error is reported and has no effect. */
  private async follow(): Promise<void> {
    try {
      await this.inTurn(() => this.apply());
    } catch (error) {
      if (!this.closed) this.logger.error(error instanceof Error ? error.message : String(error));
    }
  }

  private async inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.work.catch(() => undefined).then(task);
    this.work = turn;
    await turn;
  }

  private async apply(): Promise<void> {
    const { application, place } = this;
    if (this.closed || !application || !place) return;
    const cert = (await this.settings.getText(TLS_CERT.key)) ?? '';
    const key = (await this.settings.getText(TLS_KEY.key)) ?? '';
    if (cert === '' || key === '') return this.retire();
    if (!this.tls) this.tls = await listenTls(application, place, { cert, key });
    // Open connections keep the certificate that they started with.
    else if (this.pair?.cert !== cert || this.pair.key !== key)
      explainPair(() => this.tls?.setSecureContext({ cert, key, minVersion: MIN_VERSION }));
    this.pair = { cert, key };
    if (this.closed) return this.retire();
    const redirect = {
      baseUrl: storeUrl('https', await this.settings.get(DOMAIN), place.port),
      headers: application.headers,
      trust: {
        forwardedProto: await this.settings.get(TRUST_FORWARDED_PROTO),
        proxies: await this.settings.get(TRUSTED_PROXIES),
      },
    };
    this.answerPlainWith(redirectTo(redirect, application.answer));
  }

  /** Returns to plain HTTP. Running answers are sent completely. */
  private retire(): void {
    const server = this.tls;
    if (!server || !this.application) return;
    this.tls = undefined;
    this.pair = undefined;
    this.answerPlainWith(this.application.answer);
    const gone = new Promise<void>((settle) => server.close(() => settle()));
    this.leaving.set(
      server,
      gone.then(() => void this.leaving.delete(server)),
    );
    server.closeIdleConnections();
    this.application.front.endSilent(server);
  }

  private answerPlainWith(handler: RequestHandler): void {
    const { plain, front } = this.application ?? {};
    if (front) plain?.removeAllListeners('request').on('request', front.handler(handler));
  }
}

async function listenTls(
  { plain, answer, front, onClientError }: Application,
  place: Place,
  pair: Pair,
): Promise<Server> {
  const server = explainPair(() =>
    createServer(
      // The front checks the host, and reports an invalid one itself.
      { ...pair, minVersion: MIN_VERSION, handshakeTimeout: HANDSHAKE_TIMEOUT_MS, requireHostHeader: false },
      front.handler(answer),
    ),
  );
  front.watch(server, 'tls');
  server.keepAliveTimeout = plain.keepAliveTimeout;
  server.headersTimeout = plain.headersTimeout;
  server.requestTimeout = plain.requestTimeout;
  server.setTimeout(plain.timeout);
  server.on('clientError', onClientError);
  const opened = once(server.listen({ ...place, backlog: LISTEN_BACKLOG }), 'listening');
  await listening(opened, place, { setting: HTTPS_PORT.key });
  return server;
}

/** @throws StoreError `not-configured` with OpenSSL's message about certificate or key */
function explainPair<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError('not-configured', `cannot use ${TLS_CERT.key} and ${TLS_KEY.key}: ${why}`, {
      cause: error,
    });
  }
}
