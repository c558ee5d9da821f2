import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, onSendHookHandler, RouteOptions } from 'fastify';
import { AddressRanges } from '../common/http/address-ranges.js';
import { noteClientAddress } from '../common/http/client-address.js';
import { noteDoor, type Door } from '../common/http/door.js';
import { refuseConnection, refuseRequest, type CommonHeaders } from '../common/http/early-refusals.js';
import { SURROUNDINGS, type Surroundings } from '../common/http/request-origin.js';
import { OVERLOAD_RETRY_SECONDS } from '../common/limits.js';
import { Admission } from './admission.js';
import { Answers } from './answers.js';
import { Bodies } from './bodies.js';
import { Connections } from './connections.js';
import { isAliveProbe, separateDoors } from './doors.js';
import { answerOptions, refuseTunnels } from './methods.js';
import { readRequestLine } from './request-line.js';
import { SilentConnections } from './silent-connections.js';
import { isInChunks, stopReadingInVain } from './stop-reading.js';
import { Strangers } from './strangers.js';
import { inTurn, type RequestHandler } from './turns.js';
import type { UnderWay } from './under-way.js';

type Fastify = FastifyInstance & { [SURROUNDINGS]?: Surroundings };

/**
 * Fastify sets the length 0 on every answer to HEAD without a body. Caches copy it from a "not modified"
 * answer, and the next GET through squid was empty.
 *
 * @see RFC 9110, section 8.6
 */
function sayNoLengthWhere304(route: RouteOptions): void {
  if (route.method !== 'HEAD') return;
  const onSend: onSendHookHandler = (_request, reply, payload, done) => {
    if (reply.statusCode === 304) void reply.removeHeader('content-length');
    done(null, payload);
  };
  route.onSend = [route.onSend ?? [], onSend].flat();
}

/** What goes through all listeners together. */
export interface FrontFigures {
  /** Open connections. */
  readonly connections: number;
  /** Bytes that were sent since the start. */
  readonly sentBytes: number;
}

/**
 * Protects the server from every request, on each port: it limits the connections, allows one request at a time
 * on each, keeps bodies and answers within memory, and makes addresses take turns.
 */
export class Front {
  private readonly admission = new Admission();
  private readonly connections: Connections;
  private readonly silent = new SilentConnections();
  private readonly strangers = new Strangers();
  private isClosing = false;
  /** The listener of a request that says nothing else; undefined while one serves devices and management. */
  private usualDoor: Door | undefined;

  /** Must be called before the routes are defined. */
  constructor(
    private readonly fastify: Fastify,
    private readonly headers: CommonHeaders,
    private readonly underWay: UnderWay,
  ) {
    fastify.decorateRequest('visit', null);
    fastify.addHook('onRequest', this.admission.onRequest);
    fastify.addHook('onSend', new Answers().onSend);
    fastify.addHook('onRoute', sayNoLengthWhere304);
    fastify.addHook('preClose', (done) => {
      this.isClosing = true;
      this.silent.end();
      done();
    });
    new Bodies(this.admission).attach(fastify);
    this.connections = new Connections({
      isProxy: (address) => this.proxies.has(address),
      refuse: (socket, who) => this.refuseConnection(socket, who),
    });
  }

  /**
   * Makes a server end connections above the limits. Over TLS there is no message, because the client cannot
   * read one yet.
   */
  watch(server: Server, over: 'plain' | 'tls'): void {
    refuseTunnels(server, this.headers);
    if (over === 'plain') this.connections.watch(server);
    else this.connections.watch(server, (socket) => socket.destroy());
    const event = over === 'plain' ? 'connection' : 'secureConnection';
    server.on(event, stopReadingInVain);
    this.silent.watch(server, event);
  }

  /** Ends the connections of a server, or of all, that have not sent a request. Closing the application does so too. */
  endSilent(server?: Server): void {
    this.silent.end(server);
  }

  /** Gives management a listener of its own. Must be called before the routes are defined. */
  separateManagement(): void {
    this.usualDoor = 'devices';
    separateDoors(this.fastify);
  }

  /**
   * Handles each request of a server. A chunked body is refused: it costs too much to read, and snapd sends
   * none.
   *
   * @param ownDoor - the listener, if it is not that of devices
   * @see RFC 9110, section 15.5.12
   */
  handler(handle: RequestHandler, ownDoor?: Door): RequestHandler {
    const answer = inTurn((request, response) => {
      const door = ownDoor ?? this.usualDoor;
      if (door !== undefined) noteDoor(request, door);
      noteClientAddress(request, this.proxies);
      this.strangers.look(request, this.surroundings);
      const wrong = readRequestLine(request, this.surroundings?.signed?.segments);
      if (wrong !== undefined) {
        const message = `cannot read request: ${wrong}`;
        return refuseRequest(response, { status: 400, code: 'invalid-request', message }, this.headers);
      }
      if (request.url === '*') return answerOptions(response, this.headers);
      if (isInChunks(request)) {
        const message = 'cannot read request: its body is chunked; send it with a Content-Length';
        return refuseRequest(response, { status: 411, code: 'invalid-request', message }, this.headers);
      }
      if (this.isClosing || (this.underWay.isStopping && !isAliveProbe(request.url))) {
        const message = `cannot answer: the store is stopping; ask again in ${OVERLOAD_RETRY_SECONDS} seconds`;
        return refuseRequest(response, { status: 503, code: 'overloaded', message }, this.headers);
      }
      handle(request, response);
    });
    return (request, response) => {
      this.silent.heard(request.socket);
      answer(request, response);
    };
  }

  get figures(): FrontFigures {
    return { connections: this.connections.count, sentBytes: this.connections.sentBytes };
  }

  private get surroundings(): Surroundings | undefined {
    return this.fastify[SURROUNDINGS];
  }

  private get proxies(): AddressRanges {
    return this.surroundings?.proxies ?? AddressRanges.none;
  }

  private refuseConnection(socket: Socket, who: 'address' | 'store'): void {
    const [status, code, whose] =
      who === 'address'
        ? ([429, 'too-many-requests', 'this address'] as const)
        : ([503, 'overloaded', 'the store'] as const);
    const message = `cannot accept another connection: ${whose} has too many; ask again in ${OVERLOAD_RETRY_SECONDS} seconds`;
    refuseConnection(socket, { status, code, message }, this.headers);
  }
}
