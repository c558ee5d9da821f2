import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as limits from '../common/limits.js';
import { DeviceLimitsService } from './device-limits.service.js';

const MODEL = { brandId: 'brand', model: 'm' };
const OTHER = { brandId: 'brand', model: 'other' };

let service: DeviceLimitsService;
const lines: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
  lines.splice(0);
  service = new DeviceLimitsService();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Counts how often `take` succeeds before it is refused. */
function taken(take: (index: number) => void, most = 100_000): number {
  for (let count = 0; count < most; count += 1)
    try {
      take(count);
    } catch (error) {
      expect(error).toMatchObject({ code: 'too-many-requests' });
      return count;
    }
  return most;
}

describe('requests for serials', () => {
  it('are limited for one address, without effect on others', () => {
    expect(taken(() => service.takeSerial(MODEL, 'a'))).toBe(limits.SERIALS_PER_ADDRESS.burst);
    expect(() => service.takeSerial(MODEL, 'b')).not.toThrow();
    expect(lines).toEqual(['refused too many requests for serials of brand/m from a']);
    vi.setSystemTime(1_000);
    expect(taken(() => service.takeSerial(MODEL, 'a'))).toBe(limits.SERIALS_PER_ADDRESS.perSecond);
  });

  it('are limited for one model, from any number of addresses', () => {
    expect(taken((index) => service.takeSerial(MODEL, `${index}`))).toBe(limits.SERIALS_PER_MODEL.burst);
    expect(() => service.takeSerial(OTHER, 'new')).not.toThrow();
  });
});

describe('sessions', () => {
  it('are limited for one address', () => {
    expect(taken(() => service.takeSession(MODEL, 'own', 'a'))).toBe(limits.SESSIONS_PER_ADDRESS.burst);
    expect(() => service.takeSession(MODEL, 'own', 'b')).not.toThrow();
  });

  it('are limited for one unverified model', () => {
    expect(taken((index) => service.takeSession(MODEL, 'unknown', `${index}`))).toBe(
      limits.UNPROVEN_SESSIONS_PER_MODEL.burst,
    );
    for (const trust of ['own', 'known-brand'] as const)
      expect(() => service.takeSession(MODEL, trust, 'new')).not.toThrow();
    expect(() => service.takeSession(OTHER, 'unknown', 'new')).not.toThrow();
  });

  it('are limited in total', () => {
    const many = taken((index) => service.takeSession(MODEL, 'known-brand', `${index % 1_000}`));
    expect(many).toBe(limits.SESSIONS_IN_ALL.burst);
  });
});

describe('API keys', () => {
  const guess = (times: number, address = 'a', model = MODEL) => {
    for (let time = 0; time < times; time += 1)
      expect(service.isApiKey(model, address, () => false)).toBe(false);
  };
  const right = (address = 'a', model = MODEL) => service.isApiKey(model, address, () => true);

  it('that are wrong slow only their address and model', () => {
    guess(limits.API_KEY_GUESSES.free);
    expect(right()).toBe(true);
    guess(limits.API_KEY_GUESSES.free + 1);
    const look = vi.fn<() => boolean>(() => true);
    expect(() => service.isApiKey(MODEL, 'a', look)).toThrow(
      expect.objectContaining({ code: 'too-many-requests', retryAfterSeconds: 1 }),
    );
    expect(look).not.toHaveBeenCalled();
    expect([right('b'), right('a', OTHER)]).toEqual([true, true]);
    vi.setSystemTime(limits.API_KEY_GUESSES.firstPauseMs);
    expect(right()).toBe(true);
  });

  it('that are wrong are logged in one line', () => {
    guess(limits.API_KEY_GUESSES.free);
    expect(lines).toEqual(['refused a wrong api-key for model brand/m from a']);
  });
});

it('proofs of one address wait only for each other', async () => {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const prove = async (address: string) =>
    await service.prove(address, async () => {
      started.push(address);
      await new Promise<void>((end) => ends.push(end));
    });
  const { running, waitingPerAddress } = limits.PROOF_QUEUE;
  const flood = Array.from({ length: running + waitingPerAddress }, () => prove('flood'));
  await expect(prove('flood')).rejects.toMatchObject({ code: 'too-many-requests' });
  const other = prove('other');
  // At most one proof of the flood goes first.
  for (let turns = 0; !started.includes('other'); turns += 1) {
    expect(turns).toBeLessThanOrEqual(2);
    ends.shift()?.();
    await new Promise(setImmediate);
  }
  const all = Promise.all([...flood, other]);
  const wanted = running + waitingPerAddress + 1;
  for (let turns = 0; started.length < wanted; turns += 1) {
    expect(turns).toBeLessThanOrEqual(wanted);
    for (const end of ends.splice(0)) end();
    await new Promise(setImmediate);
  }
  for (const end of ends) end();
  await all;
});
