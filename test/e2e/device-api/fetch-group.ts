import { expect } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { decodeAssertion } from '../../../src/assertions/format/decode.js';
import { jsonOf, send } from './wire.js';
import { at } from './world.js';

/** The result of a group. */
export interface FetchedGroup {
  /** Type, key and revision of each, in one string. */
  readonly found: string[];
  readonly missing: unknown;
  readonly assertions: Assertion[];
}

/** Requests groups over the network in one request. @returns the results, by key */
export async function askForGroups(
  port: number,
  groups: Readonly<Record<string, readonly object[]>>,
  formats: object | undefined,
): Promise<Map<unknown, Record<string, unknown>>> {
  const actions = Object.entries(groups).map(([key, assertions]) => ({
    action: 'fetch-assertions',
    key,
    assertions,
  }));
  const reply = await send(port, {
    method: 'POST',
    path: '/v2/snaps/refresh',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ context: [], actions, ...(formats && { 'assertion-max-formats': formats }) }),
  });
  const { results } = jsonOf(reply) as { results: Record<string, unknown>[] };
  expect(results.map(({ result, key }) => [result, key])).toEqual(
    actions.map(({ action, key }) => [action, key]),
  );
  return new Map(results.map((result) => [result['key'], result]));
}

/** Fetches the URLs of a group. */
export async function followGroup(port: number, result: unknown): Promise<FetchedGroup> {
  const urls = at(result, 'assertion-stream-urls') as string[];
  const assertions = await Promise.all(
    urls.map(async (text) => {
      const url = new URL(text);
      expect([url.origin, text]).toEqual([`http://127.0.0.1:${port}`, url.href]);
      const answer = await send(port, { path: url.pathname + url.search });
      expect([answer.status, answer.headers['content-type']]).toEqual([
        200,
        'application/x.ubuntu.assertion',
      ]);
      return decodeAssertion(answer.body);
    }),
  );
  const found = assertions.map(({ type, primaryKey, assertionRevision }) =>
    [type.name, ...primaryKey, `r${assertionRevision}`].join(' '),
  );
  return { found, missing: at(result, 'error-list'), assertions };
}

/** Requests one group, and fetches its URLs. */
export async function fetchGroup(
  port: number,
  assertions: readonly object[],
  formats: object | undefined,
): Promise<FetchedGroup> {
  const results = await askForGroups(port, { Z3JvdXA: assertions }, formats);
  return await followGroup(port, results.get('Z3JvdXA'));
}
