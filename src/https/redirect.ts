import { forwardedScheme, type Surroundings } from '../common/http/request-origin.js';
import { isProbe } from '../front/doors.js';
import { askedPath } from '../front/request-line.js';
import type { RequestHandler } from '../front/turns.js';

export interface Redirect {
  /** URL without a path. */
  readonly baseUrl: string;
  /** A header of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Whether a trusted proxy reports that the device used HTTPS. A redirect would then return to the same URL.
   */
  readonly trust: Pick<Surroundings, 'forwardedProto' | 'proxies'>;
}

/** Redirects every request except probes, with the same method and body. */
export function redirectTo({ baseUrl, headers, trust }: Redirect, answer: RequestHandler): RequestHandler {
  return (request, response) => {
    const { url: path = '/' } = request;
    // Load balancers probe the HTTP port and do not follow redirects.
    if (isProbe(path)) return answer(request, response);
    if (forwardedScheme(trust, request) === 'https') return answer(request, response);
    response
      .writeHead(308, { ...headers, location: `${baseUrl}${askedPath(request)}`, 'content-length': '0' })
      .end();
  };
}
