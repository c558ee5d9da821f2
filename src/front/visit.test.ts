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

/** Whether somebody else finds a place. */
function isFree(): boolean {
  const start = vi.fn<() => void>();
  queue.take('192.0.2.2', start, () => undefined);
  return start.mock.calls.length > 0;
}

it('gives its place back when the answer is made although the client is gone, and nothing of it stays', () => {
  response.emit('close');
  expect(vi.getTimerCount()).toBe(1);
  visit.leave();
  expect(vi.getTimerCount()).toBe(0);
  expect(isFree()).toBe(true);
});

it('gives its place back after a while where no answer is ever made', () => {
  response.emit('close');
  vi.runAllTimers();
  expect(isFree()).toBe(true);
});
