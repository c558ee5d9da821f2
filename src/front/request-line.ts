import type { IncomingMessage } from 'node:http';
import { authorityOf } from '../common/http/authority.js';
import { readTarget, type RequestTarget } from './request-target.js';

/** Where {@link readRequestLine} notes the path as it was asked for. */
const ASKED = Symbol('asked path');

type Noted = IncomingMessage & { [ASKED]?: RequestTarget['asked'] };

/** Path and query of a request as they were written, before they were brought into the form of routes. */
export function askedPath(request: IncomingMessage): string {
  return (request as Noted)[ASKED] ?? request.url ?? '/';
}

/** How often a request has a header of that name. Node takes the first `Host`. */
function countOf(wanted: string, { rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) count += 1;
  }
  return count;
}

/** RFC 9112, section 3.2: what of `Host` is answered 400. */
function wrongHost(request: IncomingMessage): string | undefined {
  const hosts = countOf('host', request);
  if (hosts > 1) return 'it names more than one host';
  if (hosts === 0) return request.httpVersion === '1.0' ? undefined : 'it has no Host';
  const host = request.headers.host ?? '';
  return authorityOf(host) ? undefined : `${JSON.stringify(host.slice(0, 80))} is no host`;
}

/**
 * Reads host and target of a request, and writes them as routes know them: the path in one form, without the one that
 * the store's URL has, and the host of a target that is a whole URL instead of `Host` (RFC 9112, section 3.2.2).
 *
 * @param prefix - segments of the path in the store's URL
 * @returns what is wrong, in words
 */
export function readRequestLine(
  request: IncomingMessage,
  prefix: readonly string[] = [],
): string | undefined {
  const target = readTarget(request.method ?? '', request.url ?? '', prefix);
  if ('wrong' in target) return target.wrong;
  const wrong = wrongHost(request);
  if (wrong !== undefined) return wrong;
  request.url = target.url;
  (request as Noted)[ASKED] = target.asked;
  if (target.host !== undefined) request.headers.host = target.host;
  return undefined;
}
