import { reducedKey } from '../assertions/assertion-path.js';
import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { decodeAssertion } from '../assertions/format/decode.js';
import { assertionType } from '../assertions/format/registry.js';
import { isFields, textField, type JsonFields } from '../common/domain/json.js';
import { SERIES } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { answerJson, type OutgoingAnswer, type OutgoingConnection } from '../outgoing/outgoing-connection.js';
import { parseRefreshAnswer, type OfferRefusal, type UpstreamOffer } from './refresh-answer.js';

const USER_AGENT = `snap-store-proxy (series ${SERIES}; classic)`;

/** snapcore/snapd: store/store.go, newRequest; the two families of headers are in its store/details. */
function deviceHeaders(architecture: string): Record<string, string> {
  return {
    'user-agent': USER_AGENT,
    'snap-device-architecture': architecture,
    'snap-device-series': SERIES,
    'snap-device-capabilities': 'default-tracks',
    'snap-classic': 'true',
  };
}

function olderHeaders(architecture: string): Record<string, string> {
  return {
    'user-agent': USER_AGENT,
    'snap-device-capabilities': 'default-tracks',
    'x-ubuntu-architecture': architecture,
    'x-ubuntu-classic': 'true',
    'x-ubuntu-series': SERIES,
    'x-ubuntu-wire-protocol': '1',
  };
}

/** The fields that snapd asks for. snapcore/snapd: store/details_v2.go, storeSnap */
const REFRESH_FIELDS =
  'architectures,base,confinement,links,contact,created-at,description,download,epoch,license,name,prices,private,publisher,revision,snap-id,snap-yaml,summary,title,type,version,website,store-url,media,common-ids,categories,resources'.split(
    ',',
  );
const INFO_FIELDS = REFRESH_FIELDS.filter((field) => field !== 'snap-yaml');

/** One snap to resolve. */
export interface UpstreamAction {
  readonly name: string;
  readonly channel?: string;
  readonly revision?: number;
}

/** A client of another store that sends the same requests as snapd. */
export class UpstreamClient {
  constructor(
    private readonly connection: OutgoingConnection,
    readonly base: URL,
  ) {}

  async close(): Promise<void> {
    await this.connection.close();
  }

  /**
   * Asks which revisions a new device would get.
   *
   * @returns one answer for each action, in order
   * @see snapcore/snapd: store/store_action.go
   */
  async refresh(
    architecture: string,
    actions: readonly UpstreamAction[],
  ): Promise<(UpstreamOffer | OfferRefusal)[]> {
    const keys = actions.map((_, index) => `install-${index + 1}`);
    const answer = await this.connection.request({
      method: 'POST',
      url: this.endpoint(['v2', 'snaps', 'refresh']),
      headers: {
        ...deviceHeaders(architecture),
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        context: [],
        actions: actions.map((action, index) => ({
          action: 'install',
          'instance-key': keys[index],
          ...action,
          epoch: null,
        })),
        fields: REFRESH_FIELDS,
      }),
      // The request changes nothing; snapd sends it up to six times.
      repeatable: true,
    });
    return parseRefreshAnswer(this.json(answer, 'resolve snaps'), keys, this.base);
  }

  /** @returns the `info` answer; undefined if the store does not list the snap */
  async findInfo(name: string, architecture: string): Promise<JsonFields | undefined> {
    const url = this.endpoint(['v2', 'snaps', 'info', name]);
    url.search = new URLSearchParams({ architecture, fields: INFO_FIELDS.join(',') }).toString();
    const answer = await this.connection.request({
      method: 'GET',
      url,
      headers: deviceHeaders(architecture),
    });
    if (answer.status === 404) return undefined;
    const document = this.json(answer, `ask for snap ${name}`);
    return isFields(document) ? document : undefined;
  }

  /**
   * @throws StoreError `not-found` if the store does not have it, `upstream-failed` or `invalid-assertion` if the
   *   answer is something else
   */
  async getAssertion({ type, primaryKey }: AssertionRef): Promise<Assertion> {
    const name = `${type} ${primaryKey.join('/')}`;
    const known = assertionType(type);
    const url = this.endpoint([
      'v2',
      'assertions',
      type,
      ...(known ? reducedKey(known, primaryKey) : primaryKey),
    ]);
    url.search = `max-format=${known?.maxFormat ?? 0}`;
    const answer = await this.connection.request({
      method: 'GET',
      url,
      headers: { ...olderHeaders('amd64'), accept: 'application/x.ubuntu.assertion' },
    });
    if (answer.status === 404)
      throw new StoreError('not-found', `cannot fetch ${name}: the upstream store does not have it`);
    if (answer.status !== 200) throw this.failed(answer, `fetch ${name}`);
    const assertion = decodeAssertion(answer.body);
    if (assertion.type.name === type && assertion.primaryKey.join('/') === primaryKey.join('/'))
      return assertion;
    throw new StoreError(
      'upstream-failed',
      `cannot fetch ${name}: the upstream store answered ${assertion.type.name} ${assertion.primaryKey.join('/')}`,
    );
  }

  /** Starts a download at a byte. The caller checks status and headers, and retries. */
  async download(url: URL, architecture: string, fromByte: number): ReturnType<OutgoingConnection['stream']> {
    const range: Record<string, string> = fromByte > 0 ? { range: `bytes=${fromByte}-` } : {};
    return await this.connection.stream({
      method: 'GET',
      url,
      headers: { ...olderHeaders(architecture), ...range },
    });
  }

  /**
   * Downloads a small file from any host, again after a pause if that may help.
   *
   * @throws StoreError `upstream-failed` if no answer came, `too-large` if it is longer than `maxBytes`
   */
  async getFile(url: URL, maxBytes: number): Promise<OutgoingAnswer> {
    return await this.connection.request({
      method: 'GET',
      url,
      headers: { 'user-agent': USER_AGENT },
      maxBytes,
    });
  }

  /** Same as {@link OutgoingConnection.waitFor}. */
  async waitFor(attempt: number, why: string, retryAfter?: string): Promise<boolean> {
    return await this.connection.waitFor(attempt, why, retryAfter);
  }

  /** snapcore/snapd: store/store.go, endpointURL */
  private endpoint(parts: readonly string[]): URL {
    const url = new URL(this.base.href);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${parts.map(encodeURIComponent).join('/')}`;
    return url;
  }

  private json(answer: OutgoingAnswer, purpose: string): unknown {
    if (answer.status !== 200) throw this.failed(answer, purpose);
    return answerJson(answer);
  }

  /** Uses the store's own message if the answer has one. */
  private failed(answer: OutgoingAnswer, purpose: string): StoreError {
    let said = '';
    try {
      const document: unknown = JSON.parse(answer.body.toString('utf8'));
      const list = isFields(document) ? document['error-list'] : undefined;
      const [first]: unknown[] = Array.isArray(list) ? list : [];
      said = isFields(first) ? ` (${(textField(first, 'message') ?? '').slice(0, 200)})` : '';
    } catch {
      // The answer is not JSON: the status is enough.
    }
    const busy = answer.status === 429 || answer.status === 503 ? ', try again later' : '';
    return new StoreError(
      'upstream-failed',
      `cannot ${purpose}: ${this.base.origin} answered ${answer.status}${said}${busy}`,
    );
  }
}
