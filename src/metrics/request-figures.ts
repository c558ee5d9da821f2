import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Upper bounds of the groups in which answers are counted by their duration, in seconds. */
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600] as const;

/** The route of requests for unknown paths. */
export const NO_ROUTE = 'none';

/** Answers with one status. */
export interface Timings {
  /** The number in each group of {@link BOUNDS}, without those in the groups before it; the last ones took longer. */
  readonly counts: number[];
  sumSeconds: number;
}

/** The answers of one route, by status. */
export interface RouteTimings {
  readonly method: string;
  /** The pattern, such as `/v2/snaps/info/:name`. */
  readonly route: string;
  readonly byStatus: Map<number, Timings>;
}

type Done = () => void;

/**
 * Counts answers by route and status. Only numbers are kept, and their amount is that of the routes: a request leaves
 * nothing behind.
 */
export class RequestFigures {
  private readonly all: RouteTimings[] = [];

  /** The routes that have answered something. */
  get routes(): readonly RouteTimings[] {
    return this.all.filter(({ byStatus }) => byStatus.size > 0);
  }

  /** Must be called before the routes are defined. */
  attach(fastify: Pick<FastifyInstance, 'addHook'>): void {
    const unknown = this.add('any', NO_ROUTE);
    fastify.addHook('onResponse', (request, reply, done) => {
      if (request.is404) count(unknown, reply);
      done();
    });
    fastify.addHook('onRoute', (route) => {
      const { onResponse = [] } = route;
      route.onResponse = [
        onResponse,
        [route.method].flat().map((method) => this.hookFor(method, route.url)),
      ].flat(2);
    });
  }

  private hookFor(method: string, url: string) {
    const timings = this.add(method, url);
    return (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
      // The hook of a GET stands before its HEAD too.
      if (request.method === method) count(timings, reply);
      done();
    };
  }

  private add(method: string, route: string): RouteTimings {
    const timings = { method, route, byStatus: new Map<number, Timings>() };
    this.all.push(timings);
    return timings;
  }
}

function count({ byStatus }: RouteTimings, reply: FastifyReply): void {
  let timings = byStatus.get(reply.statusCode);
  if (!timings) {
    timings = { counts: Array.from({ length: BOUNDS.length + 1 }, () => 0), sumSeconds: 0 };
    byStatus.set(reply.statusCode, timings);
  }
  const seconds = reply.elapsedTime / 1_000;
  let group = 0;
  while (group < BOUNDS.length && seconds > (BOUNDS[group] ?? 0)) group += 1;
  timings.counts[group] = (timings.counts[group] ?? 0) + 1;
  timings.sumSeconds += seconds;
}
