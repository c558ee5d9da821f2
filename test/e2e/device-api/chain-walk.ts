import { expect } from 'vitest';
import { decodeAssertion } from '../../../src/assertions/format/decode.js';
import { send } from './wire.js';

/**
 * Fetches an assertion and all that it needs, one request each, as a device does that has nothing.
 *
 * @param start - type and key, with slashes
 * @returns type and key of each
 */
export async function walkChain(port: number, start: string): Promise<string[]> {
  const seen = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { status, body } = await send(port, { path: `/v2/assertions/${path}?max-format=7` });
    expect([path, status]).toEqual([path, 200]);
    const assertion = decodeAssertion(body);
    const needed = assertion.type.prerequisites(assertion);
    open.push(`account-key/${assertion.signKeyId}`, `account/${assertion.authorityId}`);
    open.push(...needed.map(({ type, primaryKey }) => [type, ...primaryKey].join('/')));
  }
  return [...seen].toSorted();
}
