import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FairQueue } from '../common/fair-queue.js';
import { Visit } from './visit.js';

const ADDRESS = '192.0.2.1';

let response: EventEmitter;
let visit: Visit;
let queue: FairQueue;

beforeEach(() => {
  vi.useFakeTimers();
  response = new EventEmitter();
  visit = new Visit(ADDRESS, response as unknown as ServerResponse);
  queue = new FairQueue({
    work: 'request',
    running: 1,
    waitingPerAddress: 1,
    waiting: 1,
    retryAfterSeconds: 1,
  });
  visit.enter(queue, () => undefined);
});
afterEach(() => vi.useRealTimers());

/** Whether another request gets a place. */
function isFree(): boolean {
  const start = vi.fn<() => void>();
  queue.take('192.0.2.2', start, () => undefined);
  return start.mock.calls.length > 0;
}

it('releases its place when the answer is ready, even if the client has gone, and keeps nothing', () => {
  response.emit('close');
  expect(vi.getTimerCount()).toBe(1);
  visit.leave();
  expect(vi.getTimerCount()).toBe(0);
  expect(isFree()).toBe(true);
});

it('releases its place after a timeout if no answer is ever made', () => {
  response.emit('close');
  vi.runAllTimers();
  expect(isFree()).toBe(true);
});
