import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ByteBudget } from '../common/byte-budget.js';
import { StoreError } from '../common/errors.js';
import { bodyText, notUtf8, unreadableBody } from '../common/http/body-text.js';
import { RateLimiter } from '../common/http/rate-limiter.js';
import { STREAMED_MEDIA_TYPE } from '../common/http/streamed-body.js';
import * as limits from '../common/limits.js';
import type { Admission } from './admission.js';
import { BodyPieces } from './body-pieces.js';
import { JsonScanner } from './json-scanner.js';
import { outOfMemory } from './out-of-memory.js';
import { allowSlowBody } from './slow-body.js';
import type { Visit } from './visit.js';

type Done = (error: Error | null, body?: unknown) => void;

/** Paths with a higher limit for bodies. */
const LONGER: readonly (readonly [path: RegExp, bytes: number])[] = [
  [/^\/v2\/snaps\/refresh$/, limits.MAX_REFRESH_BODY_BYTES],
  [/^\/(?:v2\/metadata|admin\/v1)\/overrides$/, limits.MAX_OVERRIDES_BODY_BYTES],
  [/^\/admin\/v1\/assertions$/, limits.MAX_ASSERTIONS_BODY_BYTES],
  [/^(?:\/api\/v1\/snaps\/auth)?\/(?:sessions|serial|devices)$/, limits.MAX_PROOF_BODY_BYTES],
  [/^\/admin\/v1\/commands$/, limits.MAX_COMMAND_BODY_BYTES],
  [/^\/(?:sandbox|dev\/api|api\/v2\/tokens)\//, limits.MAX_SANDBOX_BODY_BYTES],
];

/** Routes that read their bodies themselves, piece by piece, after it is known who sends them. */
const STREAMED: RegExp = /^\/admin\/v1\/uploads\/:id$/;

/** Reads the bodies of requests, and keeps their total within memory. */
export class Bodies {
  readonly budget = new ByteBudget({
    perAddressBytes: limits.MAX_BODIES_PER_ADDRESS_BYTES,
    totalBytes: limits.MAX_BODIES_BYTES,
    reservedBytes: limits.RESERVED_BODIES_BYTES,
  });

  readonly rate = new RateLimiter(limits.LARGE_BODIES_PER_ADDRESS);

  constructor(private readonly admission: Admission) {}

  /** Must be called before the routes are defined. */
  attach(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      const [, bytes] = LONGER.find(([path]) => path.test(route.url)) ?? [];
      if (bytes !== undefined) route.bodyLimit = bytes;
    });
    fastify.addHook('onSend', leaveUnread);
    const parseJson = fastify.getDefaultJsonParser('error', 'error');
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('application/json', (request, _payload, done) => {
      this.read(request, done, (bytes) => {
        const text = bodyText(bytes);
        if (text === undefined) done(notUtf8());
        else void parseJson(request, text, done);
      });
    });
    fastify.addContentTypeParser(STREAMED_MEDIA_TYPE, (request, _payload, done) => {
      if (STREAMED.test(request.routeOptions.url ?? '')) handOver(request, done);
      else this.read(request, done, (bytes) => done(null, bytes));
    });
    // snapd sends no Content-Type if it has no body, and none to cohorts even with a body. Every body that is
    // not marked as JSON stays bytes, even text.
    fastify.addContentTypeParser('*', (request, _payload, done) => {
      this.read(request, done, (bytes) => done(null, bytes));
    });
  }

  /** Reads a body and passes it on when its request is admitted. Meanwhile other requests may be. */
  private read(request: FastifyRequest, done: Done, use: (bytes: Buffer) => void): void {
    const { raw, visit } = request;
    if (!visit) return done(new Error('the request was not admitted'));
    visit.leave();
    const { bodyLimit } = request.routeOptions;
    const body = new Body(visit, this, bodyLimit, lengthOf(request));
    const stop = (): void => void raw.off('data', onData).off('end', onEnd).off('error', onError);
    const refuse = (refusal: StoreError): void => {
      stop();
      raw.pause();
      done(refusal);
    };
    const onError = (): void => {
      stop();
      done(new StoreError('invalid-request', 'cannot read request: its body is cut off'));
    };
    const onData = (bytes: Buffer): void => {
      const refusal = body.add(bytes);
      if (refusal) refuse(refusal);
    };
    const onEnd = (): void => {
      stop();
      this.admission.enter(visit, body.length, (refusal) => (refusal ? done(refusal) : use(body.joined())));
    };
    const refusal = unreadableBody(raw.headers) ?? body.check();
    if (refusal) return refuse(refusal);
    raw.on('data', onData).on('end', onEnd).on('error', onError);
    raw.resume();
  }
}

/** Leaves a body to its route, however long it is and takes. */
function handOver({ raw, visit }: FastifyRequest, done: Done): void {
  const refusal = unreadableBody(raw.headers);
  if (refusal) return done(refusal);
  visit?.leave();
  allowSlowBody(raw);
  done(null);
}

/**
 * Answers a request whose body has not arrived yet: an invalid body, a missing password, or an unknown path.
 * The rest of the body is not read, because discarding it costs as much as reading it. A client that repeats
 * this waits each time.
 */
function leaveUnread(
  request: FastifyRequest,
  _reply: unknown,
  answer: unknown,
  done: (error: null, answer: unknown) => void,
): void {
  const { raw, visit } = request;
  if (raw.complete || (lengthOf(request) ?? 0) <= limits.UNCOUNTED_BODY_BYTES) return done(null, answer);
  raw.pause();
  visit?.endConnection();
  setTimeout(() => done(null, answer), limits.REFUSED_BODY_PAUSE_MS);
}

/** The value of Content-Length; undefined if there is no body. */
function lengthOf({ headers }: FastifyRequest): number | undefined {
  const said = headers['content-length'];
  return said === undefined ? undefined : Number(said);
}

/** A body that is arriving. */
class Body {
  length = 0;
  private readonly pieces = new BodyPieces();
  private readonly isCounted: boolean;
  private readonly scanner: JsonScanner | undefined;

  constructor(
    private readonly visit: Visit,
    private readonly shared: Pick<Bodies, 'budget' | 'rate'>,
    private readonly limit: number,
    private readonly declared: number | undefined,
  ) {
    const atMost = Math.min(declared ?? limit, limit);
    this.isCounted = atMost > limits.UNCOUNTED_BODY_BYTES;
    this.scanner = atMost > limits.MAX_BODY_BYTES ? new JsonScanner() : undefined;
  }

  /** @returns why none of it is read */
  check(): StoreError | undefined {
    return (this.declared ?? 0) > this.limit ? this.tooLong() : undefined;
  }

  /** @returns why no more of it is read */
  add(bytes: Buffer): StoreError | undefined {
    this.length += bytes.length;
    if (this.length > this.limit) return this.tooLong();
    const exhausted = this.isCounted ? this.visit.hold(this.shared.budget, bytes.length) : undefined;
    if (exhausted) return outOfMemory('read request', exhausted, 'of unfinished requests');
    const tooMuch = this.scanner && this.count(bytes.length);
    if (tooMuch) return tooMuch;
    const excess = this.scanner?.scan(bytes);
    if (excess !== undefined) return new StoreError('too-large', `cannot read request: ${excess}`);
    this.pieces.add(bytes);
    return undefined;
  }

  joined(): Buffer {
    return this.pieces.joined();
  }

  /** @returns why an address that sent this much may send no more now */
  private count(bytes: number): StoreError | undefined {
    try {
      this.shared.rate.takeMany(this.visit.address, bytes);
      return undefined;
    } catch (error) {
      if (error instanceof StoreError) return error;
      throw error;
    }
  }

  private tooLong(): StoreError {
    return new StoreError('too-large', `cannot read request: its body is longer than ${this.limit} bytes`);
  }
}
