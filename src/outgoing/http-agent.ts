import { Agent, ProxyAgent, request, type Dispatcher } from 'undici';

/** A server must accept the connection, including TLS, within this time. snapd: httputil/transport.go */
export const CONNECT_TIMEOUT_MS = 15_000;
/** A server must begin to answer within this time. */
export const HEADERS_TIMEOUT_MS = 30_000;
/** A server must not pause for longer than this during an answer. */
export const BODY_TIMEOUT_MS = 60_000;

export interface AgentOptions {
  /** The proxy for https, if one is set. */
  readonly proxy: URL | undefined;
  /** Certificates in PEM to trust instead of the system's. If the list is empty, the system's are trusted. */
  readonly ca: readonly string[];
}

const TIMEOUTS = { headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: BODY_TIMEOUT_MS };

/** Opens connections: https through the proxy if one is set, http always directly. */
export interface HttpAgent {
  readonly request: (url: URL, options: AgentRequest) => Promise<Dispatcher.ResponseData>;
  readonly close: () => Promise<void>;
}

export interface AgentRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
  /** Ends the request and its answer. */
  readonly signal?: AbortSignal | undefined;
}

export function makeAgent({ proxy, ca }: AgentOptions): HttpAgent {
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...(ca.length > 0 && { ca: [...ca] }) };
  const direct = new Agent({ ...TIMEOUTS, connect });
  // undici sends the user and password of the URL to the proxy.
  const viaProxy =
    proxy && new ProxyAgent({ ...TIMEOUTS, uri: proxy.href, requestTls: connect, proxyTls: connect });
  return {
    request: async (url, options) => {
      const reply = await request(url, {
        ...options,
        body: options.body ?? null,
        signal: options.signal ?? null,
        dispatcher: url.protocol === 'https:' && viaProxy ? viaProxy : direct,
      });
      // Destroying a body emits an error, and no other listener handles it.
      reply.body.on('error', () => undefined);
      return reply;
    },
    close: async () => {
      await direct.destroy();
      await viaProxy?.destroy();
    },
  };
}
