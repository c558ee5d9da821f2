import { Agent, ProxyAgent, request, type Dispatcher } from 'undici';

/** A server must take the connection, TLS included, within this time. snapd: httputil/transport.go */
export const CONNECT_TIMEOUT_MS = 15_000;
/** ... begin to answer within this. */
export const HEADERS_TIMEOUT_MS = 30_000;
/** ... and never pause for longer than this in the middle of an answer. */
export const BODY_TIMEOUT_MS = 60_000;

export interface AgentOptions {
  /** The proxy for https, if there is one. */
  readonly proxy: URL | undefined;
  /** Certificates in PEM that are trusted instead of the system's; none: the system's. */
  readonly ca: readonly string[];
}

const TIMEOUTS = { headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: BODY_TIMEOUT_MS };

/** Opens connections: https through the proxy where there is one, http never. */
export interface HttpAgent {
  readonly request: (url: URL, options: AgentRequest) => Promise<Dispatcher.ResponseData>;
  readonly close: () => Promise<void>;
}

export interface AgentRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}

export function makeAgent({ proxy, ca }: AgentOptions): HttpAgent {
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...(ca.length > 0 && { ca: [...ca] }) };
  const direct = new Agent({ ...TIMEOUTS, connect });
  // User and password in the URL are sent to the proxy, by undici itself.
  const viaProxy =
    proxy && new ProxyAgent({ ...TIMEOUTS, uri: proxy.href, requestTls: connect, proxyTls: connect });
  return {
    request: async (url, options) => {
      const reply = await request(url, {
        ...options,
        body: options.body ?? null,
        dispatcher: url.protocol === 'https:' && viaProxy ? viaProxy : direct,
      });
      // A body that is given up says so as an error, which nobody else waits for.
      reply.body.on('error', () => undefined);
      return reply;
    },
    close: async () => {
      await direct.destroy();
      await viaProxy?.destroy();
    },
  };
}
