import { authorityOf } from '../common/http/authority.js';

/** The target of a request, in the forms of RFC 9112, section 3.2. */
export interface RequestTarget {
  /** Path and query in the form of the routes, or `*`. */
  readonly url: string;
  /** Path and query as they were sent. */
  readonly asked: string;
  /** The host of an absolute target, which overrides the `Host` header. */
  readonly host?: string;
}

/**
 * Visible ASCII without a fragment: RFC 3986, section 2. Brackets and bars are accepted because some clients do
 * not encode them.
 */
const VISIBLE = /^[\x21\x22\x24-\x7e]+$/;
const ABSOLUTE = /^https?:\/\/([^/?]*)([/?].*)?$/i;

/** Whether a path contains anything that {@link plainPath} changes. */
const UNTIDY = /\/\/|\/\.|\/%2e|.\/$/i;
const DOT = /^(?:\.|%2e)$/i;
const DOT_DOT = /^(?:\.|%2e){2}$/i;

/**
 * Normalizes a path as nginx does in front of the original: repeated slashes are merged, a slash at the end is
 * removed, dot segments are resolved. `%2F` stays, because here it is part of a value.
 *
 * @returns undefined if it leads above the root
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
 * Removes the path of the store's URL from a path. A proxy in front may keep it or remove it.
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
 * Parses the target of a request.
 *
 * @param method - of any request but CONNECT, which this server does not serve
 * @param prefix - segments of the path in the store's own URL, decoded
 * @returns the error as words, if the target is in none of the forms
 */
export function readTarget(
  method: string,
  text: string,
  prefix: readonly string[] = [],
): RequestTarget | { readonly wrong: string } {
  if (text === '*')
    return method === 'OPTIONS'
      ? { url: text, asked: text }
      : { wrong: 'its target is *, which only OPTIONS may have' };
  if (!VISIBLE.test(text))
    return { wrong: 'its target has a blank, a control character, a fragment, or is not ASCII' };
  const [, authority, rest = ''] = ABSOLUTE.exec(text) ?? [];
  if (authority !== undefined && !authorityOf(authority)?.name)
    return { wrong: 'its target has no valid host' };
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
