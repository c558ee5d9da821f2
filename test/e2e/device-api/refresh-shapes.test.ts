import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_REFRESH_ACTIONS } from '../../../src/common/limits.js';
import { jsonOf, listen, send } from './wire.js';
import { World } from './world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'hello', revision: 1 });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const install = { action: 'install', 'instance-key': 'install-1', name: 'hello', epoch: null };
const query = { type: 'account', 'primary-key': ['acme'] };
const fetching = (...assertions: unknown[]) => ({
  actions: [{ action: 'fetch-assertions', key: 'A', assertions }],
});

describe('empty requests', () => {
  it.each([
    ['{}', {}],
    ['empty lists', { context: [], actions: [] }],
    ['nulls', { context: null, actions: null, fields: null, 'assertion-max-formats': null }],
    ['only a context', { context: [{ 'snap-id': 'x', 'instance-key': 'x', revision: -1 }] }],
  ])('%s: no results', async (_name, body) => {
    const reply = await world.post(body);
    expect([reply.statusCode, reply.json()]).toEqual([200, { results: [], 'error-list': [] }]);
  });
});

describe('refuses', () => {
  it.each([
    ['not JSON', '{'],
    ['two documents', '{}{}'],
    ['a list', []],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a number', '1'],
    ['actions that are not a list', { actions: {} }],
    ['actions that are a string', { actions: 'install' }],
    ['an action that is a string', { actions: ['install'] }],
    ['an action that is null', { actions: [null] }],
    ['an action that is a list', { actions: [[]] }],
    ['a kind that is not a string', { actions: [{ ...install, action: 1 }] }],
    ['a name that is not a string', { actions: [{ ...install, name: ['hello'] }] }],
    ['an instance key that is not a string', { actions: [{ ...install, 'instance-key': 1 }] }],
    ['a channel that is not a string', { actions: [{ ...install, channel: 7 }] }],
    ['a revision as a string', { actions: [{ ...install, revision: '1' }] }],
    ['a fractional revision', { actions: [{ ...install, revision: 1.5 }] }],
    ['a negative revision', { actions: [{ ...install, revision: -1 }] }],
    ['a revision above the highest number', { actions: [{ ...install, revision: 2_147_483_648 }] }],
    ['a context that is not a list', { context: {} }],
    ['a context entry that is null', { context: [null] }],
    ['a context entry without a snap-id', { context: [{ 'instance-key': 'x' }] }],
    ['fields that are a string', { fields: 'name' }],
    ['fields that are numbers', { fields: [1] }],
    ['formats that are a list', { 'assertion-max-formats': [] }],
    ['a format that is a string', { 'assertion-max-formats': { account: '1' } }],
    ['a fractional format', { 'assertion-max-formats': { account: 0.5 } }],
    ['a negative format', { 'assertion-max-formats': { account: -1 } }],
    ['fetch-assertions without a key', { actions: [{ action: 'fetch-assertions', assertions: [] }] }],
    [
      'assertions that are not a list',
      { actions: [{ action: 'fetch-assertions', key: 'A', assertions: {} }] },
    ],
    ['an assertion that is null', fetching(null)],
    ['an assertion without a type', fetching({ 'primary-key': ['acme'] })],
    ['an assertion without a key', fetching({ type: 'account' })],
    ['an assertion with both kinds of key', fetching({ ...query, 'sequence-key': ['acme'] })],
    ['a key that is a string', fetching({ type: 'account', 'primary-key': 'acme' })],
    ['a key of numbers', fetching({ type: 'account', 'primary-key': [1] })],
    ['if-newer-than as a string', fetching({ ...query, 'if-newer-than': '0' })],
    [
      'a sequence above the highest number',
      fetching({ type: 'validation-set', 'sequence-key': ['16', 'a', 'b'], sequence: 2 ** 31 }),
    ],
  ])('%s', async (_name, body) => {
    const reply = await world.post(body);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([400, 'application/json']);
    expect(reply.json()).toEqual({
      'error-list': [{ code: 'invalid-request', message: expect.any(String) as string }],
    });
  });

  it('is not confused by property names of JavaScript', async () => {
    for (const body of [
      '{"__proto__":{"actions":[]}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"toString":1}',
    ])
      expect([200, 400]).toContain((await world.post(body)).statusCode);
    const reply = await world.post({
      actions: [
        { action: 'constructor', 'instance-key': '__proto__' },
        { ...install, name: 'toString' },
        { action: 'fetch-assertions', key: 'A', assertions: [{ type: 'constructor', 'primary-key': ['x'] }] },
      ],
    });
    expect(reply.json<{ results: { result: string }[] }>().results.map(({ result }) => result)).toEqual([
      'error',
      'error',
      'fetch-assertions',
    ]);
  });
});

describe('the number of actions', () => {
  const body = (count: number) => ({
    actions: Array.from({ length: count }, () => install),
    fields: ['revision'],
  });

  it('is accepted up to the limit', async () => {
    const reply = await world.post(body(MAX_REFRESH_ACTIONS));
    expect(MAX_REFRESH_ACTIONS).toBe(2_000);
    expect(reply.json<{ results: unknown[] }>().results).toHaveLength(MAX_REFRESH_ACTIONS);
  });

  it('is refused beyond the limit', async () => {
    const reply = await world.post(body(MAX_REFRESH_ACTIONS + 1));
    expect([reply.statusCode, Object.keys(reply.json<object>())]).toEqual([400, ['error-list']]);
  });
});

describe('headers about the body', () => {
  const answer = { results: [expect.objectContaining({ result: 'install' })], 'error-list': [] };

  // snapd names the type on this call, and leaves it out elsewhere: the body is JSON or refused, the type is not asked.
  it.each([
    ['no Content-Type', {}],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['an unknown one', { 'content-type': 'text/plain' }],
    ['bytes', { 'content-type': 'application/octet-stream' }],
    ['an empty Accept', { 'content-type': 'application/json', accept: '' }],
    ['an Accept of another type', { 'content-type': 'application/json', accept: 'text/html' }],
  ])('%s', async (_name, headers: Record<string, string>) => {
    const request = { method: 'POST', path: '/v2/snaps/refresh', headers };
    const good = await send(port, { ...request, body: JSON.stringify({ actions: [install] }) });
    expect([good.status, good.headers['content-type'], jsonOf(good)]).toEqual([
      200,
      'application/json',
      answer,
    ]);
    for (const body of ['not JSON', ''])
      expect([400, 415]).toContain((await send(port, { ...request, body })).status);
  });
});
