import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import { StoreError } from '../common/errors.js';
import { readBounded } from '../common/streams.js';
import { outgoingFailure, outgoingFailureCode } from '../outgoing/outgoing-failure.js';
import { trustedAuthorities } from './authorities.js';
import { COMMAND_HEARTBEAT_MS, COMMAND_TURN_MS } from './command-limits.js';
import { readToken, type StoreAddress } from './store-address.js';

/** The store must accept the connection within this time, in milliseconds. */
const CONNECT_TIMEOUT_MS = 15_000;
/** And begin to answer within this time; a command waits for its turn. */
const HEADERS_TIMEOUT_MS = COMMAND_TURN_MS + 30_000;
/** The longest silence of an answer. */
const BODY_TIMEOUT_MS = 4 * COMMAND_HEARTBEAT_MS;
/** Longest answer that is held in memory, and longest line of one that is not, in bytes. */
const MAX_ANSWER_BYTES = 256 << 10;

const NEW_LINE = 0x0a;

/** A request to the store. */
export interface StoreRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/admin/v1/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON. */
  readonly body?: unknown;
  /** As it is, instead of `body`. */
  readonly bytes?: Readable;
  readonly signal?: AbortSignal;
}

/** What a store says no with. */
export class RefusedByStore extends StoreError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super('upstream-failed', message);
  }
}

interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
}

/**
 * The way of a person's command line to a store on another machine. Not `outgoing/`, which is the store's own way out:
 * its settings are in a database, and here is neither database nor store.
 */
export class StoreConnection {
  private constructor(
    private readonly address: StoreAddress,
    private readonly token: string,
    private readonly agent: Agent,
  ) {}

  /** @throws StoreError `invalid-request` if the token or the certificates cannot be read */
  static async open(address: StoreAddress): Promise<StoreConnection> {
    const token = readToken(address);
    const isTls = address.url.protocol === 'https:';
    const agent = new Agent({
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_TIMEOUT_MS,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        ...(isTls && { ca: await trustedAuthorities(address.caFile) }),
      },
    });
    return new StoreConnection(address, token, agent);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** @throws StoreError as {@link lines} */
  async json(asked: StoreRequest): Promise<unknown> {
    const { body } = await this.ask(asked);
    const bytes = await readBounded(body, MAX_ANSWER_BYTES, () => this.unreadable());
    return bytes.length === 0 ? undefined : this.parse(bytes);
  }

  /** The headers of an answer. @throws StoreError as {@link lines} */
  async headers(asked: StoreRequest): Promise<Dispatcher.ResponseData['headers']> {
    const { headers, body } = await this.ask(asked);
    await body.dump();
    return headers;
  }

  /**
   * The lines of an answer, as they come.
   *
   * @throws StoreError that says in one line why there is no answer
   */
  async *lines(asked: StoreRequest): AsyncGenerator {
    const { body } = await this.ask(asked);
    let held = Buffer.alloc(0);
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        held = Buffer.concat([held, chunk]);
        for (let end = held.indexOf(NEW_LINE); end !== -1; end = held.indexOf(NEW_LINE)) {
          if (end > 0) yield this.parse(held.subarray(0, end));
          held = held.subarray(end + 1);
        }
        if (held.length > MAX_ANSWER_BYTES) throw this.unreadable();
      }
    } catch (error) {
      throw error instanceof StoreError ? error : this.failure(error);
    }
  }

  private async ask({
    method,
    path,
    body,
    bytes,
    signal,
    ...asked
  }: StoreRequest): Promise<Dispatcher.ResponseData> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...asked.headers,
    };
    try {
      const reply = await request(new URL(`admin/v1/${path}`, this.address.url), {
        method,
        headers,
        body: bytes ?? (body === undefined ? null : JSON.stringify(body)),
        dispatcher: this.agent,
        signal: signal ?? null,
      });
      // Destroying a body emits an error, and no other listener handles it.
      reply.body.on('error', () => undefined);
      if (reply.statusCode < 300) return reply;
      throw await this.refusal(reply);
    } catch (error) {
      throw error instanceof StoreError ? error : this.failure(error);
    }
  }

  private async refusal({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<StoreError> {
    const { origin } = this.address.url;
    const refuse = (why: string) => new StoreError('upstream-failed', `cannot ask ${origin}: ${why}`);
    if (statusCode < 400)
      return refuse(`it redirects to ${String(headers['location']).slice(0, 200)}; give that URL`);
    const { code, detail } = await this.problem(body);
    if (statusCode === 401) return refuse('it refuses the token; `create-token` makes another one there');
    if (typeof code !== 'string' || typeof detail !== 'string')
      return refuse(`it answers with status ${statusCode}; is it a store, and is management open there?`);
    if (code === 'resource-not-found')
      return refuse('that store is too old for commands over the network; upgrade it');
    return new RefusedByStore(statusCode, detail);
  }

  private async problem(body: Dispatcher.ResponseData['body']): Promise<Problem> {
    try {
      return this.parse(await readBounded(body, MAX_ANSWER_BYTES, () => this.unreadable())) ?? {};
    } catch {
      return {};
    }
  }

  private parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw this.unreadable();
    }
  }

  private unreadable(): StoreError {
    return new StoreError('upstream-failed', `cannot read the answer of ${this.address.url.origin}`);
  }

  private failure(error: unknown): StoreError {
    const failure = outgoingFailure(this.address.url, error);
    if (!failure.message.includes('certificate is not trusted') || this.address.caFile !== undefined)
      return failure;
    return new StoreError('upstream-failed', `${failure.message}; --ca-file FILE names its authority`, {
      cause: outgoingFailureCode(error),
    });
  }
}
