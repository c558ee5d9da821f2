import { StoreError } from '../common/errors.js';
import { readBounded } from '../common/streams.js';
import type { HttpAgent } from './http-agent.js';
import { isPassing, outgoingFailure } from './outgoing-failure.js';
import { isRetryStatus, waitBefore, type RetryService } from './retry.service.js';

/** Largest answer that is held in memory; a channel map has some hundred kilobytes. */
export const MAX_ANSWER_BYTES = 16 << 20;
/** Go's and curl's limit for downloads. */
const MAX_REDIRECTS = 10;
/** What another host must not see. snapcore/snapd: store/auth.go, dropAuthorization */
const CREDENTIALS = ['authorization', 'snap-device-authorization', 'x-device-authorization', 'cookie'];

export interface OutgoingRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whether it does no harm to send it again; by default true for all but POST. */
  readonly repeatable?: boolean;
  /** Longest answer to hold in memory; {@link MAX_ANSWER_BYTES} by default. */
  readonly maxBytes?: number;
}

export interface OutgoingHead {
  readonly status: number;
  /** Names in lower case; of a header that came more than once, all values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

/** An answer in memory. Any status: what it means is for the caller to say. */
export interface OutgoingAnswer extends OutgoingHead {
  readonly body: Buffer;
}

/** An answer whose body is still to be read, or to be destroyed. */
export interface OutgoingStream extends OutgoingHead {
  readonly body: AsyncIterable<Buffer> & { destroy(): unknown };
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

function plainHeaders(raw: RawHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(raw).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** A way out, opened for one piece of work by `OutgoingHttp`. */
export class OutgoingConnection {
  constructor(
    private readonly agent: HttpAgent,
    private readonly pause: RetryService,
  ) {}

  async close(): Promise<void> {
    await this.agent.close();
  }

  /**
   * Asks, again after a pause where that may help, and reads the whole answer.
   *
   * @throws StoreError `upstream-failed` where no answer came, `too-large` past the longest answer
   */
  async request(request: OutgoingRequest): Promise<OutgoingAnswer> {
    return await this.repeated(request, async () => {
      const { body, ...head } = await this.follow(request);
      return { ...head, body: await readAnswer(request, body) };
    });
  }

  /**
   * Asks once, following redirects, and hands out the body as it arrives.
   *
   * @throws StoreError `upstream-failed`; its cause says whether another attempt may help (`isPassing`)
   */
  async stream(request: OutgoingRequest): Promise<OutgoingStream> {
    try {
      return await this.follow(request);
    } catch (error) {
      throw error instanceof StoreError ? error : outgoingFailure(request.url, error);
    }
  }

  /**
   * Waits before the next attempt, and says so.
   *
   * @param why - what became of the last one
   * @returns whether there should be one
   */
  async waitFor(attempt: number, why: string, retryAfter?: string): Promise<boolean> {
    const ms = waitBefore(attempt, retryAfter, new Date());
    if (ms === undefined) return false;
    this.pause.announce(`${why}; trying again in ${Math.ceil(ms / 1_000)} s`);
    await this.pause.for(ms);
    return true;
  }

  private async repeated(
    request: OutgoingRequest,
    ask: () => Promise<OutgoingAnswer>,
  ): Promise<OutgoingAnswer> {
    const mayRepeat = request.repeatable ?? request.method !== 'POST';
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await ask();
        if (!mayRepeat || !isRetryStatus(answer.status)) return answer;
        const why = `${request.url.origin} answered ${answer.status}`;
        if (!(await this.waitFor(attempt, why, answer.headers['retry-after']))) return answer;
      } catch (error) {
        if (error instanceof StoreError) throw error;
        const failure = outgoingFailure(request.url, error);
        if (!mayRepeat || !isPassing(error) || !(await this.waitFor(attempt, failure.message))) throw failure;
      }
    }
  }

  private async follow(request: OutgoingRequest): Promise<OutgoingStream> {
    const { method, body } = request;
    let { url, headers = {} } = request;
    for (let redirects = 0; ; redirects += 1) {
      const reply = await this.agent.request(url, { method, headers, body });
      const head = { status: reply.statusCode, headers: plainHeaders(reply.headers), url };
      const location = isRedirect(head.status) ? head.headers['location'] : undefined;
      if (location === undefined) return { ...head, body: reply.body };
      await reply.body.dump();
      const next = redirectTarget(request, url, location, redirects);
      if (next.origin !== url.origin) headers = withoutCredentials(headers);
      url = next;
    }
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function redirectTarget(
  { method, url }: OutgoingRequest,
  from: URL,
  location: string,
  redirects: number,
): URL {
  const refuse = (why: string) => new StoreError('upstream-failed', `cannot ask ${url.origin}: ${why}`);
  if (redirects >= MAX_REDIRECTS) throw refuse(`it redirects more than ${MAX_REDIRECTS} times`);
  if (method === 'POST') throw refuse(`it redirects to ${location.slice(0, 200)}`);
  if (!URL.canParse(location, from.href)) throw refuse('it redirects to what is no URL');
  const to = new URL(location, from.href);
  if (to.protocol !== 'https:' && (to.protocol !== 'http:' || from.protocol === 'https:'))
    throw refuse(`it redirects to ${to.protocol}//, which is not as safe`);
  return to;
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.includes(name)));
}

async function readAnswer(
  { url, maxBytes = MAX_ANSWER_BYTES }: OutgoingRequest,
  body: OutgoingStream['body'],
): Promise<Buffer> {
  return await readBounded(
    body,
    maxBytes,
    () =>
      new StoreError(
        'too-large',
        `cannot read the answer of ${url.origin}: it is longer than ${maxBytes} bytes`,
      ),
  );
}

/**
 * The JSON of an answer.
 *
 * @throws StoreError `upstream-failed` where it is none
 */
export function answerJson({ url, body }: OutgoingAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new StoreError('upstream-failed', `cannot read the answer of ${url.origin}: it is not JSON`, {
      cause: error,
    });
  }
}
