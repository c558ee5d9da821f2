import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { StoreError } from '../errors.js';

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;
/** The names of UTF-8, and of its subset ASCII. */
const READABLE_CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);
const BYTE_ORDER_MARK = '\ufeff';

/** @returns the text of a body, without the byte order mark that Windows adds; undefined if it is not UTF-8 */
export function bodyText(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The error for a body that is not UTF-8. */
export function notUtf8(): StoreError {
  return new StoreError('invalid-request', 'cannot read request: its body is not UTF-8');
}

/**
 * Checks whether a body can be read at all.
 *
 * @returns the reason if not: it is compressed, which could expand a kilobyte to a gigabyte, or it is not UTF-8
 * @see RFC 9110, section 15.5.16
 */
export function unreadableBody(headers: IncomingHttpHeaders): StoreError | undefined {
  const coding = (headers['content-encoding'] ?? '').trim();
  if (coding !== '' && coding.toLowerCase() !== 'identity')
    return unsupported(`its body has the coding ${quoted(coding)}; send it uncompressed`);
  const [, charset] = CHARSET.exec(headers['content-type'] ?? '') ?? [];
  if (charset !== undefined && !READABLE_CHARSETS.has(charset.toLowerCase()))
    return unsupported(`its body has the charset ${quoted(charset)}; send it in UTF-8`);
  return undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function unsupported(why: string): StoreError {
  return new StoreError('unsupported-media-type', `cannot read request: ${why}`);
}
