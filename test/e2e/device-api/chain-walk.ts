import { expect } from 'vitest';
import type { AssertionRef } from '../../../src/assertions/format/assertion.js';
import { decodeAssertion } from '../../../src/assertions/format/decode.js';
import { walkPrerequisites } from '../../../src/assertions/trust/prerequisite-walk.js';
import { referenceKey } from '../../../src/assertions/trust/reference.js';
import { send } from './wire.js';

/**
 * Fetches an assertion and all that it needs, one request each, as a device does that has nothing.
 *
 * @param start - type and key, with slashes
 * @returns type and key of each
 */
export async function walkChain(port: number, start: string): Promise<string[]> {
  const [type = '', ...primaryKey] = start.split('/');
  const asked: string[] = [];
  const find = async (reference: AssertionRef) => {
    const path = referenceKey(reference);
    asked.push(path);
    const { status, body } = await send(port, { path: `/v2/assertions/${path}?max-format=7` });
    expect([path, status]).toEqual([path, 200]);
    return decodeAssertion(body);
  };
  let walked = 0;
  for await (const assertion of walkPrerequisites({ type, primaryKey }, find)) walked += assertion ? 1 : 0;
  expect(walked).toBe(asked.length);
  return asked.toSorted();
}
