import { StoreError } from '../common/errors.js';

/** Longest answer that is read, in bytes: a registration has some 5 KiB. */
export const MAX_ANSWER_BYTES = 1 << 20;

/** How long an answer may take, from the first connection to its last byte. */
const ANSWER_TIMEOUT_MS = 60_000;

/** What a service answered to a call. */
export interface JsonAnswer {
  readonly status: number;
  /** Decoded JSON; undefined where the answer is something else. */
  readonly body: unknown;
  /** Decoded header by its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

/** Sends JSON to another service; also the injection token. */
export abstract class JsonPost {
  /**
   * Redirects are not followed: what is sent holds secrets.
   *
   * @throws StoreError `upstream-failed` where no whole answer comes, or one that is too long
   */
  abstract post(url: URL, body: object, headers?: Readonly<Record<string, string>>): Promise<JsonAnswer>;
}

function failed(url: URL, why: string, cause?: unknown): StoreError {
  return new StoreError('upstream-failed', `cannot reach ${url.origin}: ${why}`, { cause });
}

/** `fetch failed` hides what has happened; its cause says it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError')
    return `no whole answer came within ${ANSWER_TIMEOUT_MS / 1_000} seconds`;
  const { cause } = error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message : error.message;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Over Node's own HTTP client. */
export class FetchJsonPost implements JsonPost {
  async post(url: URL, body: object, headers: Readonly<Record<string, string>> = {}): Promise<JsonAnswer> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of answer.body ?? []) {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES)
          throw failed(url, `its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
        chunks.push(chunk);
      }
      return {
        status: answer.status,
        body: parsed(Buffer.concat(chunks)),
        header: (name) => answer.headers.get(name) ?? undefined,
      };
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw failed(url, reasonOf(error), error);
    }
  }
}
