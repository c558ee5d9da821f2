import type { IncomingHttpHeaders } from 'node:http';

/** A header of a request; undefined if it is missing. Node joins repeated ones, except `set-cookie`, with commas. */
export function requestHeader(
  { headers }: { readonly headers: IncomingHttpHeaders },
  name: string,
): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
