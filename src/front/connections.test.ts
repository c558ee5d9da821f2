import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_WAITING_REFUSALS,
  REFUSED_CONNECTION_PAUSE_MS,
} from '../common/limits.js';
import { Connections } from './connections.js';

/** The part of a socket that the connection counter uses. */
class TestSocket extends EventEmitter {
  readonly remoteAddress = '192.0.2.1';
  isDestroyed = false;
  isRead = true;
  readonly _handle = { readStop: () => (this.isRead = false) };

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

const refused: unknown[] = [];
const taken: unknown[] = [];
let server: EventEmitter;

beforeEach(() => {
  vi.useFakeTimers();
  server = new EventEmitter().on('connection', (socket) => taken.push(socket));
  const connections = new Connections({ isProxy: () => false, refuse: (socket) => refused.push(socket) });
  connections.watch(server as unknown as Server);
});
afterEach(() => {
  vi.useRealTimers();
  for (const list of [refused, taken]) list.length = 0;
});

function connect(count = 1): TestSocket[] {
  const sockets = Array.from({ length: count }, () => new TestSocket());
  for (const socket of sockets) server.emit('connection', socket);
  return sockets;
}

it('accepts connections of an address up to the limit; one more waits unread and is refused then', () => {
  connect(MAX_CONNECTIONS_PER_ADDRESS);
  expect(taken).toHaveLength(MAX_CONNECTIONS_PER_ADDRESS);
  const [over] = connect();
  expect([taken.length, over?.isRead, refused.length]).toEqual([MAX_CONNECTIONS_PER_ADDRESS, false, 0]);
  vi.advanceTimersByTime(REFUSED_CONNECTION_PAUSE_MS - 1);
  expect(refused).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(refused).toEqual([over]);
});

it('ends connections above the number that may wait for their refusal', () => {
  connect(MAX_CONNECTIONS_PER_ADDRESS);
  const waiting = connect(MAX_WAITING_REFUSALS);
  expect(waiting.some(({ isDestroyed }) => isDestroyed)).toBe(false);
  expect(connect().map(({ isDestroyed }) => isDestroyed)).toEqual([true]);
  waiting[0]?.destroy();
  expect(connect().map(({ isDestroyed }) => isDestroyed)).toEqual([false]);
});

it('forgets a connection that closes while it waits', () => {
  connect(MAX_CONNECTIONS_PER_ADDRESS);
  connect()[0]?.destroy();
  expect(vi.getTimerCount()).toBe(0);
});
