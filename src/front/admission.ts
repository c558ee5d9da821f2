import type { FastifyReply, FastifyRequest } from 'fastify';
import { FairQueue } from '../common/fair-queue.js';
import { clientAddress } from '../common/http/client-address.js';
import * as limits from '../common/limits.js';
import { isProbe } from './doors.js';
import { Visit } from './visit.js';

type Done = (refusal?: Error) => void;

const WAITING = {
  waitingPerAddress: limits.MAX_WAITING_REQUESTS_PER_ADDRESS,
  waiting: limits.MAX_WAITING_REQUESTS,
  retryAfterSeconds: limits.OVERLOAD_RETRY_SECONDS,
};

/** Limits the requests in progress. If more are waiting, addresses take turns. */
export class Admission {
  private readonly requests = new FairQueue({
    ...WAITING,
    work: 'request',
    running: limits.MAX_RUNNING_REQUESTS,
    runningPerAddress: limits.MAX_RUNNING_REQUESTS_PER_ADDRESS,
  });
  private readonly largeRequests = new FairQueue({
    ...WAITING,
    work: 'large request',
    running: limits.MAX_RUNNING_LARGE_REQUESTS,
  });

  /** A hook for every request, before anything is looked up for it. */
  readonly onRequest = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    const visit = new Visit(clientAddress(request), reply.raw);
    request.visit = visit;
    const { url } = request;
    // A load balancer's probe is answered however long the queues are: it costs almost nothing.
    if (url === '/' || isProbe(url)) return done();
    visit.enter(this.requests, done);
  };

  /** Called when the whole body has arrived, before it is decoded. */
  enter(visit: Visit, bodyBytes: number, done: Done): void {
    visit.enter(bodyBytes > limits.LARGE_BODY_BYTES ? this.largeRequests : this.requests, done);
  }
}
