import { forwardedScheme, type Surroundings } from '../common/http/request-origin.js';
import { STATUS_PATH } from '../front/admission.js';
import { askedPath } from '../front/request-line.js';
import type { RequestHandler } from '../front/turns.js';

export interface Redirect {
  /** URL without a path. */
  readonly baseUrl: string;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a proxy in front is believed that the device came by HTTPS: sent on, it would come back the same way. */
  readonly trust: Pick<Surroundings, 'forwardedProto' | 'proxies'>;
}

/** Sends every request on, but for {@link STATUS_PATH}: the same method and body belong to the new URL. */
export function redirectTo({ baseUrl, headers, trust }: Redirect, answer: RequestHandler): RequestHandler {
  return (request, response) => {
    const { url: path = '/' } = request;
    // Load balancers ask this of the HTTP port, and follow nothing.
    if (path === STATUS_PATH || path.startsWith(`${STATUS_PATH}?`)) return answer(request, response);
    if (forwardedScheme(trust, request) === 'https') return answer(request, response);
    response
      .writeHead(308, { ...headers, location: `${baseUrl}${askedPath(request)}`, 'content-length': '0' })
      .end();
  };
}
