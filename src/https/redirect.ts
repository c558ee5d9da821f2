import { believesProto, forwardedScheme, type ProxyTrust } from '../common/request-origin.js';
import { STATUS_PATH } from '../front/admission.js';
import type { RequestHandler } from '../front/turns.js';

/** Path and query of what was asked; RFC 9112, section 3.2, lets a request name a whole URL as well. */
function target(url: string): string {
  if (url.startsWith('/')) return url;
  if (!URL.canParse(url)) return '/';
  const { pathname, search } = new URL(url);
  return `${pathname.startsWith('/') ? pathname : '/'}${search}`;
}

export interface Redirect {
  /** URL without a path. */
  readonly baseUrl: string;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a proxy in front is believed that the device came by HTTPS: sent on, it would come back the same way. */
  readonly trust: ProxyTrust;
}

/** Sends every request on, but for {@link STATUS_PATH}: the same method and body belong to the new URL. */
export function redirectTo({ baseUrl, headers, trust }: Redirect, answer: RequestHandler): RequestHandler {
  return (request, response) => {
    const path = target(request.url ?? '/');
    // Load balancers ask this of the HTTP port, and follow nothing.
    if (path === STATUS_PATH || path.startsWith(`${STATUS_PATH}?`)) return answer(request, response);
    if (believesProto(trust, request) && forwardedScheme(request.headers) === 'https')
      return answer(request, response);
    response.writeHead(308, { ...headers, location: `${baseUrl}${path}`, 'content-length': '0' }).end();
  };
}
