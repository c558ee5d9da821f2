import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  MAX_PIECES_PER_ADDRESS_BYTES,
  MAX_PIPELINED_REQUESTS,
  MAX_UNTAKEN_BYTES_PER_ADDRESS,
  STALL_TIMEOUT_MS,
  STREAM_COUNTS_AS_BYTES,
} from '../../../src/common/limits.js';
import { poll } from '../../support/poll.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { jsonOf, listen, repliesIn, send } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

/** Much more than sockets can buffer. */
const LARGE_BYTES = 32 << 20;

let world: World;
let port: number;
let large: TestSnap;
let wordy: TestSnap;
const connections: RawConnection[] = [];

beforeAll(async () => {
  world = await World.start();
  large = await world.push({ name: 'large', revision: 1, padding: randomBytes(LARGE_BYTES) });
  wordy = await world.push({ name: 'wordy', revision: 1, yaml: `#${'x'.repeat(200_000)}\n` });
  port = await listen(world.store.app);
});
afterEach(async () => {
  for (const connection of connections) connection.end();
  await Promise.all(connections.splice(0).map(async (connection) => await connection.untilClosed()));
});
afterAll(() => world.stop());

async function open(localAddress?: string, options?: { reads: boolean }): Promise<RawConnection> {
  const connection = await RawConnection.open(port, localAddress, options);
  connections.push(connection);
  return connection;
}

const download = () => head('GET', `/api/v1/snaps/download/${large.snapId}_1.snap`);
const descriptors = () => readdirSync('/proc/self/fd').length;

describe('pipelined requests', () => {
  it('are answered in their order, and open nothing before their turn', async () => {
    const connection = await open(undefined, { reads: false });
    const before = descriptors();
    connection.write(
      download() + head('GET', '/', {}).repeat(MAX_PIPELINED_REQUESTS - 1) + head('GET', '/nothing'),
    );
    // One connection and one file, however many requests wait.
    await poll(descriptors, (count) => count > before);
    expect(descriptors()).toBeLessThanOrEqual(before + 2);
    connection.socket.resume();
    await connection.untilHeard(/404 Not Found[^]*error-list/);
    const statuses = [...connection.heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
    expect(statuses).toEqual([
      '200',
      ...Array.from({ length: MAX_PIPELINED_REQUESTS - 1 }, () => '200'),
      '404',
    ]);
  });

  it('end the connection if too many wait', async () => {
    const before = descriptors();
    const connection = await open();
    connection.write(download().repeat(300));
    await connection.untilClosed();
    await poll(descriptors, (count) => count <= before);
    expect(descriptors()).toBeLessThanOrEqual(before);
  });
});

describe('downloads that the client does not read', () => {
  it('use no more memory than the limit', async () => {
    const before = process.memoryUsage().rss;
    const count = 200;
    for (let index = 0; index < count; index += 1) {
      const connection = await open(undefined, { reads: false });
      connection.write(download());
    }
    const other = await open('127.0.0.2');
    other.write(head('GET', `/api/v1/snaps/download/${large.snapId}_1.snap`, { Connection: 'close' }));
    const heard = await other.untilClosed();
    expect(heard.length).toBeGreaterThan(LARGE_BYTES);
    const copies = 3 * LARGE_BYTES; // what this test has heard
    expect(process.memoryUsage().rss - before).toBeLessThan(
      MAX_PIECES_PER_ADDRESS_BYTES + copies + (64 << 20),
    );
  });

  it('are ended after no byte has moved for long; slow readers are not', async () => {
    const server = world.store.app.getHttpServer();
    expect(server.timeout).toBe(STALL_TIMEOUT_MS);
    server.timeout = 2_000;
    try {
      const begin = async () => {
        const accepted = once(server, 'connection') as Promise<[Socket]>;
        const connection = await open(undefined, { reads: false });
        connection.write(download());
        return { connection, atServer: (await accepted)[0] };
      };
      const stalled = await begin();
      const slow = await begin();
      const look = async () => {
        slow.connection.socket.read();
        return await Promise.resolve(stalled.atServer.destroyed);
      };
      expect(await poll(look, (isEnded) => isEnded)).toBe(true);
      expect(slow.atServer.destroyed).toBe(false);
    } finally {
      server.timeout = STALL_TIMEOUT_MS;
    }
  });
});

describe('answers that the client does not read', () => {
  const bodyOf = (count: number) =>
    JSON.stringify({
      context: [],
      fields: ['snap-yaml'],
      actions: Array.from({ length: count }, (_, index) => ({
        action: 'download',
        'instance-key': String(index),
        'snap-id': wordy.snapId,
      })),
    });
  const refresh = (count: number, headers = {}) => {
    const body = bodyOf(count);
    const all = {
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      'Snap-Device-Architecture': 'amd64',
    };
    return head('POST', '/v2/snaps/refresh', { ...all, ...headers }) + body;
  };

  it('are kept for one address up to a limit, which is reported; other addresses are answered', async () => {
    const each = 8 << 20;
    const count = Math.floor(each / 200_000);
    const whole = await send(port, {
      method: 'POST',
      path: '/v2/snaps/refresh',
      headers: { 'content-type': 'application/json', 'snap-device-architecture': 'amd64' },
      body: bodyOf(count),
    });
    expect(whole.body.length).toBeGreaterThan(each * 0.9);
    // An answer of this length is made while it is sent.
    const fitting = MAX_UNTAKEN_BYTES_PER_ADDRESS / STREAM_COUNTS_AS_BYTES;
    for (let index = 0; index < fitting; index += 1) {
      const accepted = once(world.store.app.getHttpServer(), 'connection') as Promise<[Socket]>;
      const connection = await open(undefined, { reads: false });
      connection.write(refresh(count));
      const [atServer] = await accepted;
      // Its headers are already sent, so the whole answer is made.
      await poll(
        () => atServer.bytesWritten,
        (bytes) => bytes > 0,
      );
    }
    const over = await open();
    over.write(refresh(count, { Connection: 'close' }));
    const [reply] = repliesIn(await over.untilClosed());
    expect([reply?.status, reply?.headers['retry-after']]).toEqual([429, '5']);
    expect(jsonOf(reply ?? { body: '' })).toEqual({
      'error-list': [
        {
          code: 'too-many-requests',
          message: 'cannot answer: this address has too many bytes of unread answers; ask again in 5 seconds',
        },
      ],
    });
    const other = await open('127.0.0.2');
    other.write(refresh(count, { Connection: 'close' }));
    expect(repliesIn(await other.untilClosed())[0]?.status).toBe(200);
    for (const connection of connections) connection.end();
    await Promise.all(connections.map(async (connection) => await connection.untilClosed()));
    const again = await poll(
      async () =>
        await send(port, {
          method: 'POST',
          path: '/v2/snaps/refresh',
          headers: { 'content-type': 'application/json' },
          body: bodyOf(count),
        }),
      ({ status }) => status === 200,
    );
    expect(again.status).toBe(200);
  });
});
