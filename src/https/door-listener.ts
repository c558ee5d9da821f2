import { once } from 'node:events';
import { createServer as createPlain, type Server as HttpServer } from 'node:http';
import { createServer as createTls, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { StoreError } from '../common/errors.js';
import type { Door } from '../common/http/door.js';
import { LISTEN_BACKLOG } from '../common/limits.js';
import type { Front } from '../front/front.js';
import type { RequestHandler } from '../front/turns.js';
import { listening, type Place } from './listening.js';
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

/** Where to listen. A running server does not change it. */
export interface DoorPlace extends Place {
  /** The key of the setting with the port. */
  readonly key: string;
  /** The requests that it answers, if not those of devices. */
  readonly door?: Door;
}

/** A certificate and its key, in PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

const MIN_VERSION = 'TLSv1.2';
/** A server that stops waits at most this long for clients that have begun to connect. */
const HANDSHAKE_TIMEOUT_MS = 30_000;

/** A listener of the same application, next to that of Fastify: with TLS, or without. */
export class DoorListener {
  private constructor(
    private readonly server: HttpServer | HttpsServer,
    private readonly front: Front,
    private pair: Pair | undefined,
  ) {}

  /** @throws StoreError `not-configured` if it cannot listen on the port or use the certificate */
  static async open(application: Application, place: DoorPlace, pair?: Pair): Promise<DoorListener> {
    const { plain, front, answer, onClientError } = application;
    const handler = front.handler(answer, place.door);
    // The front checks the host, and reports an invalid one itself.
    const options = { requireHostHeader: false };
    const server = pair
      ? explainPair(() => createTls({ ...options, ...tlsOptions(pair) }, handler))
      : createPlain(options, handler);
    front.watch(server, pair ? 'tls' : 'plain');
    server.keepAliveTimeout = plain.keepAliveTimeout;
    server.headersTimeout = plain.headersTimeout;
    server.requestTimeout = plain.requestTimeout;
    server.setTimeout(plain.timeout);
    server.on('clientError', onClientError);
    const { host, port, key } = place;
    const opened = once(server.listen({ host, port, backlog: LISTEN_BACKLOG }), 'listening');
    await listening(opened, place, { setting: key });
    return new DoorListener(server, front, pair);
  }

  get isTls(): boolean {
    return this.pair !== undefined;
  }

  /** Uses another certificate from now on. Open connections keep the one that they started with. */
  renew(pair: Pair): void {
    const { server } = this;
    if (!('setSecureContext' in server)) return;
    if (this.pair?.cert === pair.cert && this.pair.key === pair.key) return;
    explainPair(() => server.setSecureContext({ ...pair, minVersion: MIN_VERSION }));
    this.pair = pair;
  }

  /** Accepts no more connections. Running answers are sent completely. @returns when the last one is sent */
  async retire(): Promise<void> {
    const gone = new Promise<void>((settle) => this.server.close(() => settle()));
    this.endIdle();
    await gone;
  }

  /** Ends connections without a running request, also those that have not sent any. */
  endIdle(): void {
    this.server.closeIdleConnections();
    this.front.endSilent(this.server);
  }

  /** Ends the answers that are still being sent. */
  cut(): void {
    this.server.closeAllConnections();
  }
}

function tlsOptions(pair: Pair) {
  return { ...pair, minVersion: MIN_VERSION, handshakeTimeout: HANDSHAKE_TIMEOUT_MS } as const;
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
