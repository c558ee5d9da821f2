import type { Assertion } from '../../src/assertions/format/assertion.js';
import { parseHeaders } from '../../src/assertions/format/headers.js';
import { assertionType } from '../../src/assertions/format/registry.js';
import { StoreError } from '../../src/common/errors.js';

/** One row: what is tried, and what of the good headers is replaced by what; a new header begins with a new line. */
export type Row = readonly [what: string, from: string, to: string];

const SIGN_KEY_ID = 'A'.repeat(64);

/** Runs a type's own checks over headers, without a signature. */
export function checkHeaders(text: string, body = ''): void {
  const headers = parseHeaders(Buffer.from(text.trim()));
  const name = headers['type'] as string;
  const type = assertionType(name);
  if (!type) throw new Error(`no type is called ${name}`);
  const read = (header: string): string => (headers[header] as string | undefined) ?? '';
  const assertion: Assertion = {
    type,
    headers,
    body: Buffer.from(body),
    content: Buffer.from(text),
    signature: Buffer.alloc(0),
    bytes: Buffer.from(text),
    authorityId: type.noAuthority ? undefined : read('authority-id'),
    primaryKey: type.primaryKey.map(read),
    assertionRevision: 0,
    format: Number(read('format')),
    signKeyId: read('sign-key-sha3-384') || SIGN_KEY_ID,
  };
  type.check(assertion);
}

/** @returns why the edited headers are refused; empty where they are not */
export function typeRefusal(good: string, [what, from, to]: Row, body = ''): string {
  const edited = from === '' ? `${good.trimEnd()}\n${to}` : good.replace(from, to);
  if (edited === good) throw new Error(`${what}: ${JSON.stringify(from)} is not in the headers`);
  try {
    checkHeaders(edited, body);
    return '';
  } catch (error) {
    if (error instanceof StoreError && error.code === 'invalid-assertion') return error.message;
    throw error;
  }
}
