import { afterEach, expect, it, vi } from 'vitest';
import { MAX_ADVANCE_SECONDS, SandboxClockService } from './sandbox-clock.service.js';

const START = Date.parse('2026-11-23T12:00:00.000Z');
const MINUTE_MS = 60_000;

afterEach(() => void vi.useRealTimers());

it('shows the exact millisecond after any number of moves', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  for (let round = 0; round < 200; round += 1) {
    const clock = new SandboxClockService();
    for (let move = 0; move < 8; move += 1) {
      vi.setSystemTime(START + round * 12_347 + move * 3_331);
      const now = clock.now().getTime();
      const next = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
      expect(clock.advance(next / 1_000 - now / 1_000).getTime()).toBe(next);
    }
  }
});

it('moves forward by a year at most, and never back', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  const clock = new SandboxClockService();
  for (const seconds of [-1, MAX_ADVANCE_SECONDS + 1, Number.NaN, '1', undefined])
    expect(() => clock.advance(seconds)).toThrow('cannot move the clock: ');
  expect(clock.now().getTime()).toBe(START);
  expect(clock.advance(0).getTime()).toBe(START);
  expect(clock.advance(MAX_ADVANCE_SECONDS).getTime()).toBe(START + MAX_ADVANCE_SECONDS * 1_000);
});
