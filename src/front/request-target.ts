import { authorityOf } from '../common/http/authority.js';

/** What a request is for, as RFC 9112, section 3.2, lets it be written. */
export interface RequestTarget {
  /** Path and query as routes know them, or `*`. */
  readonly url: string;
  /** Path and query as they were written. */
  readonly asked: string;
  /** The host of an absolute target, which counts instead of the `Host` header. */
  readonly host?: string;
}

/** Visible ASCII without a fragment: RFC 3986, section 2. Brackets and bars are left to clients that know no better. */
const VISIBLE = /^[\x21\x22\x24-\x7e]+$/;
const ABSOLUTE = /^https?:\/\/([^/?]*)([/?].*)?$/i;

/** Whether a path may have anything that {@link plainPath} changes. */
const UNTIDY = /\/\/|\/\.|\/%2e|.\/$/i;
const DOT = /^(?:\.|%2e)$/i;
const DOT_DOT = /^(?:\.|%2e){2}$/i;

/**
 * A path as nginx takes it, behind which the original stands: several slashes are one, one at the end is none, dot
 * segments are gone. `%2F` stays: here it belongs to a value.
 *
 * @returns undefined where it leads above the root
 * @see nginx: ngx_http_parse_complex_uri, `merge_slashes`; RFC 3986, section 5.2.4
 */
function plainPath(path: string): string | undefined {
  if (!UNTIDY.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || DOT.test(segment)) continue;
    if (!DOT_DOT.test(segment)) kept.push(segment);
    else if (kept.pop() === undefined) return undefined;
  }
  return `/${kept.join('/')}`;
}

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * A path without the one that the store's URL has: a proxy in front may leave it there, or take it away.
 *
 * @param prefix - its segments, decoded
 */
function belowPrefix(path: string, prefix: readonly string[]): string {
  if (prefix.length === 0) return path;
  const segments = path.split('/').slice(1);
  if (!prefix.every((name, index) => decoded(segments[index]) === name)) return path;
  return `/${segments.slice(prefix.length).join('/')}`;
}

function pathAndQuery(text: string, prefix: readonly string[]): string | undefined {
  const mark = text.indexOf('?');
  const path = plainPath(mark === -1 ? text : text.slice(0, mark));
  return path === undefined ? undefined : belowPrefix(path, prefix) + (mark === -1 ? '' : text.slice(mark));
}

/**
 * Reads what a request is for.
 *
 * @param method - of any request but CONNECT, which is not for this server
 * @param prefix - segments of the path that the store's own URL has, decoded
 * @returns what is wrong with it, in words, where it is none of the forms that there are
 */
export function readTarget(
  method: string,
  text: string,
  prefix: readonly string[] = [],
): RequestTarget | { readonly wrong: string } {
  if (text === '*')
    return method === 'OPTIONS'
      ? { url: text, asked: text }
      : { wrong: 'its target is *, which OPTIONS alone has' };
  if (!VISIBLE.test(text))
    return { wrong: 'its target has a blank, a control character, a fragment, or is not ASCII' };
  const [, authority, rest = ''] = ABSOLUTE.exec(text) ?? [];
  if (authority !== undefined && !authorityOf(authority)?.name)
    return { wrong: 'its target has no host, or one that is none' };
  if (authority === undefined && !text.startsWith('/'))
    return { wrong: 'its target is neither a path nor a URL with http or https' };
  // RFC 9112, section 3.2.4.
  if (authority !== undefined && rest === '' && method === 'OPTIONS')
    return { url: '*', asked: '*', host: authority };
  const asked = authority === undefined ? text : rest.startsWith('/') ? rest : `/${rest}`;
  const url = pathAndQuery(asked, prefix);
  if (url === undefined) return { wrong: 'its path leads above the root' };
  return { url, asked, ...(authority !== undefined && { host: authority }) };
}
