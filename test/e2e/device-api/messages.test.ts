import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonOf, listen, send } from './wire.js';
import { World } from './world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const post = async (body: string) => await send(port, { method: 'POST', path: '/v2/messages', body });

it.each(['{"limit":10}', '{"after":"token","limit":0,"messages":[]}', '{"messages":null}', '{}'])(
  'a device that requests messages gets none: %s',
  async (body) => {
    const reply = await post(body);
    expect([reply.status, reply.headers['content-type'], jsonOf(reply)]).toEqual([
      200,
      'application/json',
      { messages: [], 'total-pending-messages': 0 },
    ]);
  },
);

it.each([
  ['{"messages":[{"format":"assertion","data":"type: response-message"}]}', 'unsupported'],
  ['{"messages":{}}', 'invalid-request'],
  ['[]', 'invalid-request'],
  ['null', 'invalid-request'],
  ['not JSON', 'invalid-request'],
  ['', 'invalid-request'],
])('unsupported messages are refused: %s', async (body, code) => {
  const reply = await post(body);
  expect([reply.status, reply.headers['content-type'], jsonOf(reply)]).toEqual([
    400,
    'application/json',
    { 'error-list': [{ code, message: expect.stringMatching(/^cannot /) as string }] },
  ]);
});
