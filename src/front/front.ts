import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { noteClientAddress } from '../common/client-address.js';
import { refuseConnection, refuseRequest, type CommonHeaders } from '../common/early-refusals.js';
import { OVERLOAD_RETRY_SECONDS } from '../common/limits.js';
import { PROXY_TRUST, type ProxyTrust } from '../common/request-origin.js';
import { TrustedProxies } from '../common/trusted-proxies.js';
import { Admission } from './admission.js';
import { Answers } from './answers.js';
import { Bodies } from './bodies.js';
import { Connections } from './connections.js';
import { isInChunks, stopReadingInVain } from './stop-reading.js';
import { inTurn, type RequestHandler } from './turns.js';

type Fastify = FastifyInstance & { [PROXY_TRUST]?: ProxyTrust };

/** RFC 9112, section 3.2: a request that names two hosts is answered 400. Node takes the first. */
function namesTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/**
 * What stands before every request, whichever door it comes through: how many connections there may be, one
 * request of each at a time, bodies and answers as far as there is memory, and turns between addresses.
 */
export class Front {
  private readonly admission = new Admission();
  private readonly connections: Connections;
  private isClosing = false;

  /** Must be made before the routes are. */
  constructor(
    private readonly fastify: Fastify,
    private readonly headers: CommonHeaders,
  ) {
    fastify.decorateRequest('visit', null);
    fastify.addHook('onRequest', this.admission.onRequest);
    fastify.addHook('onSend', new Answers().onSend);
    fastify.addHook('preClose', (done) => {
      this.isClosing = true;
      done();
    });
    new Bodies(this.admission).attach(fastify);
    this.connections = new Connections({
      isProxy: (address) => this.proxies.has(address),
      refuse: (socket, who) => this.refuseConnection(socket, who),
    });
  }

  /** Makes a server end connections above the limits: over TLS without a word, since the client cannot read one yet. */
  watch(server: Server, over: 'plain' | 'tls'): void {
    if (over === 'plain') this.connections.watch(server);
    else this.connections.watch(server, (socket) => socket.destroy());
    server.on(over === 'plain' ? 'connection' : 'secureConnection', stopReadingInVain);
  }

  /**
   * What a server does with each request. A body in chunks is refused: it costs too much to read, and snapd sends none.
   *
   * @see RFC 9110, section 15.5.12
   */
  handler(handle: RequestHandler): RequestHandler {
    return inTurn((request, response) => {
      noteClientAddress(request, this.proxies);
      if (namesTwoHosts(request)) {
        const message = 'cannot read request: it names more than one host';
        return refuseRequest(response, { status: 400, code: 'invalid-request', message }, this.headers);
      }
      if (isInChunks(request)) {
        const message = 'cannot read request: its body comes in chunks; send it with its Content-Length';
        return refuseRequest(response, { status: 411, code: 'invalid-request', message }, this.headers);
      }
      if (this.isClosing) {
        const message = `cannot answer: the store is being stopped; ask again in ${OVERLOAD_RETRY_SECONDS} seconds`;
        return refuseRequest(response, { status: 503, code: 'overloaded', message }, this.headers);
      }
      handle(request, response);
    });
  }

  private get proxies(): TrustedProxies {
    return this.fastify[PROXY_TRUST]?.proxies ?? TrustedProxies.none;
  }

  private refuseConnection(socket: Socket, who: 'address' | 'store'): void {
    const [status, code, whose] =
      who === 'address'
        ? ([429, 'too-many-requests', 'this address'] as const)
        : ([503, 'overloaded', 'the store'] as const);
    const message = `cannot take another connection: ${whose} has too many; ask again in ${OVERLOAD_RETRY_SECONDS} seconds`;
    refuseConnection(socket, { status, code, message }, this.headers);
  }
}
