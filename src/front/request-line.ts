import type { IncomingMessage } from 'node:http';
import { authorityOf } from '../common/http/authority.js';
import { readTarget, type RequestTarget } from './request-target.js';

/** The property in which {@link readRequestLine} keeps the path as it was sent. */
const ASKED = Symbol('asked path');

type Noted = IncomingMessage & { [ASKED]?: RequestTarget['asked'] };

/** Path and query of a request as they were sent, before they were normalized for the routes. */
export function askedPath(request: IncomingMessage): string {
  return (request as Noted)[ASKED] ?? request.url ?? '/';
}

/** The number of headers with that name. Node uses the first `Host`. */
function countOf(wanted: string, { rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) count += 1;
  }
  return count;
}

/** RFC 9112, section 3.2: errors of `Host` that are answered 400. */
function wrongHost(request: IncomingMessage): string | undefined {
  const hosts = countOf('host', request);
  if (hosts > 1) return 'it names more than one host';
  if (hosts === 0) return request.httpVersion === '1.0' ? undefined : 'it has no Host';
  const host = request.headers.host ?? '';
  return authorityOf(host) ? undefined : `${JSON.stringify(host.slice(0, 80))} is not a valid host`;
}

/**
 * Reads host and target of a request, and normalizes them for the routes: the path in one form, without that of
 * the store's URL. If the target is a whole URL, its host replaces `Host` (RFC 9112, section 3.2.2).
 *
 * @param prefix - segments of the path in the store's URL
 * @returns the error, as words
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
