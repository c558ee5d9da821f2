import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { OutgoingHttpService } from '../outgoing/outgoing-http.service.js';

/** Longest answer that is read, in bytes; a registration has about 5 KiB. */
export const MAX_SERVICE_ANSWER_BYTES = 1 << 20;

/** The answer of a service. */
export interface JsonAnswer {
  readonly status: number;
  /** The decoded JSON; undefined if the answer is not JSON. */
  readonly body: unknown;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends JSON to the dashboard and to the single sign-on. */
@Injectable()
export class JsonPostService {
  constructor(private readonly outgoing: OutgoingHttpService) {}

  /**
   * Sends a request once, because a repeated call would have another effect. Redirects are refused, because the body
   * contains secrets.
   *
   * @throws StoreError `upstream-failed` if no complete answer comes, `too-large` if it is longer than
   *   {@link MAX_SERVICE_ANSWER_BYTES}, `conflict` in air-gapped mode
   */
  async post(url: URL, body: object, headers: Readonly<Record<string, string>> = {}): Promise<JsonAnswer> {
    const connection = await this.outgoing.open('register');
    try {
      const answer = await connection.request({
        method: 'POST',
        url,
        headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      if (answer.body.length > MAX_SERVICE_ANSWER_BYTES)
        throw new StoreError(
          'too-large',
          `cannot read the answer of ${url.origin}: it is longer than ${MAX_SERVICE_ANSWER_BYTES} bytes`,
        );
      return { status: answer.status, body: parsed(answer.body), headers: answer.headers };
    } finally {
      await connection.close();
    }
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
