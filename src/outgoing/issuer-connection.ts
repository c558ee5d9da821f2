import { StoreError } from '../common/errors.js';
import { readBounded } from '../common/streams.js';
import type { HttpAgent } from './http-agent.js';
import { outgoingFailure } from './outgoing-failure.js';

/** The identity provider must answer each request completely within this time. */
export const ISSUER_TIMEOUT_MS = 10_000;

/** Largest answer of it; its keys and its description have a few kilobytes. */
export const MAX_ISSUER_ANSWER_BYTES = 1 << 20;

/** Statuses whose answers have no body. Fetch standard, "null body status". */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** What `openid-client` asks for. */
export interface IssuerRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Connections to the identity provider: to its own origin alone, also in air-gapped mode. */
export class IssuerConnection {
  constructor(
    private readonly agent: HttpAgent,
    private readonly issuer: URL,
    private readonly timeoutMs = ISSUER_TIMEOUT_MS,
  ) {}

  async close(): Promise<void> {
    await this.agent.close();
  }

  /** @throws StoreError `upstream-failed` at a URL of another origin than the issuer's */
  check(url: string | undefined, what: string): void {
    if (url !== undefined && URL.canParse(url) && new URL(url).origin === this.issuer.origin) return;
    const said = url === undefined ? 'no' : `${JSON.stringify(url.slice(0, 200))} as its`;
    throw new StoreError(
      'upstream-failed',
      `cannot use the identity provider ${this.issuer.href}: it names ${said} ${what}, and the store uses endpoints at ${this.issuer.origin} alone`,
    );
  }

  /**
   * Sends a request and reads the whole answer, in the form of the Fetch standard. Redirects are not followed.
   *
   * @throws StoreError `upstream-failed` if the URL is of another origin, or no answer came in time
   */
  async fetch(text: string, { method, headers, body }: IssuerRequest): Promise<Response> {
    this.check(text, 'endpoint');
    const url = new URL(text);
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const reply = await this.agent.request(url, {
        method: method === 'POST' ? 'POST' : 'GET',
        headers,
        body: typeof body === 'string' || body instanceof URLSearchParams ? body.toString() : undefined,
        signal,
      });
      const bytes = await readBounded(reply.body, MAX_ISSUER_ANSWER_BYTES, () => this.tooLong());
      const type = reply.headers['content-type'];
      return new Response(WITHOUT_BODY.has(reply.statusCode) ? null : new Uint8Array(bytes), {
        status: reply.statusCode,
        headers: typeof type === 'string' ? { 'content-type': type } : {},
      });
    } catch (error) {
      if (error instanceof StoreError) throw error;
      if (!signal.aborted) throw outgoingFailure(url, error);
      const seconds = this.timeoutMs / 1_000;
      const message = `cannot reach ${url.origin}: it does not answer within ${seconds} seconds`;
      throw new StoreError('upstream-failed', message, { cause: error });
    }
  }

  private tooLong(): StoreError {
    return new StoreError(
      'upstream-failed',
      `cannot read the answer of ${this.issuer.origin}: it is longer than ${MAX_ISSUER_ANSWER_BYTES} bytes`,
    );
  }
}
