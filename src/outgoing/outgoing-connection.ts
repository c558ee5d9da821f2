import { StoreError } from '../common/errors.js';
import { readBounded } from '../common/streams.js';
import type { HttpAgent } from './http-agent.js';
import { isPassing, outgoingFailure } from './outgoing-failure.js';
import { isRetryStatus, waitBefore, type RetryService } from './retry.service.js';

/** Largest answer that is held in memory; a channel map has a few hundred kilobytes. */
export const MAX_OUTGOING_ANSWER_BYTES = 16 << 20;
/** Go's and curl's limit for downloads. */
const MAX_REDIRECTS = 10;
/** Headers that are not sent to another host. snapcore/snapd: store/auth.go, dropAuthorization */
const CREDENTIALS = ['authorization', 'snap-device-authorization', 'x-device-authorization', 'cookie'];

export interface OutgoingRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whether it is harmless to send the request again; by default true for all methods but POST. */
  readonly repeatable?: boolean;
  /** Longest answer to hold in memory; {@link MAX_OUTGOING_ANSWER_BYTES} by default. */
  readonly maxBytes?: number;
}

export interface OutgoingHead {
  readonly status: number;
  /** Names in lower case. The values of a repeated header are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

/** An answer in memory, with any status: the caller decides what it means. */
export interface OutgoingAnswer extends OutgoingHead {
  readonly body: Buffer;
}

/** An answer whose body the caller must read or destroy. */
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

/** An outgoing connection, opened for one task by `OutgoingHttpService`. */
export class OutgoingConnection {
  constructor(
    private readonly agent: HttpAgent,
    private readonly pause: RetryService,
  ) {}

  async close(): Promise<void> {
    await this.agent.close();
  }

  /**
   * Sends a request, again after a pause if that may help, and reads the whole answer.
   *
   * @throws StoreError `upstream-failed` if no answer came, `too-large` if the answer is longer than `maxBytes`
   */
  async request(request: OutgoingRequest): Promise<OutgoingAnswer> {
    return await this.repeated(request, async () => {
      const { body, ...head } = await this.follow(request);
      return { ...head, body: await readAnswer(request, body) };
    });
  }

  /**
   * Sends a request once, follows redirects, and returns the body as a stream.
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
   * Announces the pause before the next attempt, and waits.
   *
   * @param why - why the last attempt failed
   * @returns whether to try again
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
  if (!URL.canParse(location, from.href)) throw refuse('it redirects to an invalid URL');
  const to = new URL(location, from.href);
  if (to.protocol !== 'https:' && (to.protocol !== 'http:' || from.protocol === 'https:'))
    throw refuse(`it redirects to ${to.protocol}//, which is less secure`);
  return to;
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.includes(name)));
}

async function readAnswer(
  { url, maxBytes = MAX_OUTGOING_ANSWER_BYTES }: OutgoingRequest,
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
 * Parses the JSON of an answer.
 *
 * @throws StoreError `upstream-failed` if it is not JSON
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
