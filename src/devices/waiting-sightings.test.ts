import { describe, expect, it } from 'vitest';
import type { SerialTrust } from '../brand-stores/device-session.js';
import {
  MAX_UNPROVEN_SNAPS_BYTES,
  MAX_WAITING_BYTES,
  MAX_WAITING_DEVICES,
  MAX_WAITING_UNPROVEN_PER_ADDRESS,
} from '../common/limits.js';
import type { Sighting } from './sighting.js';
import { WaitingSightings } from './waiting-sightings.js';

interface Odd {
  readonly trust?: SerialTrust;
  readonly from?: string;
  readonly snaps?: string;
}

function seen(serial: string, { trust = 'unknown', from = 'a', snaps }: Odd = {}): Sighting {
  const device = { brandId: 'brand', model: 'm', serial, trust };
  const said = { snapdVersion: undefined, architecture: undefined, snaps };
  return { ...device, seenAt: new Date(0), seenFrom: from, ...said };
}

function add(waiting: WaitingSightings, name: string, count: number, odd: (index: number) => Odd): void {
  for (let at = 0; at < count; at += 1) waiting.add(seen(`${name}-${at}`, odd(at)));
}

const counted = (waiting: WaitingSightings, trust: SerialTrust) =>
  waiting.values().filter((one) => one.trust === trust).length;

describe('with many unverified devices', () => {
  it('one address has its share, and other addresses have theirs', () => {
    const waiting = new WaitingSightings();
    add(waiting, 'flood', MAX_WAITING_UNPROVEN_PER_ADDRESS + 10, () => ({}));
    expect(waiting.values()).toHaveLength(MAX_WAITING_UNPROVEN_PER_ADDRESS);
    waiting.add(seen('other', { from: 'b' }));
    waiting.add(seen('proven', { trust: 'known-brand' }));
    expect(waiting.values()).toHaveLength(MAX_WAITING_UNPROVEN_PER_ADDRESS + 2);
  });

  it('half of all places are for verified devices', () => {
    const waiting = new WaitingSightings();
    add(waiting, 'flood', MAX_WAITING_DEVICES, (index) => ({ from: `${index}` }));
    expect(counted(waiting, 'unknown')).toBe(MAX_WAITING_DEVICES / 2);
    add(waiting, 'own', MAX_WAITING_DEVICES, () => ({ trust: 'own' }));
    expect(counted(waiting, 'own')).toBe(MAX_WAITING_DEVICES / 2);
    // A waiting visit may still change.
    waiting.add({ ...seen('own-0', { trust: 'own' }), snapdVersion: '2.70' });
    expect(waiting.values().some(({ snapdVersion }) => snapdVersion === '2.70')).toBe(true);
  });

  it('half of all bytes are for verified devices', () => {
    const waiting = new WaitingSightings();
    const snaps = 'x'.repeat(MAX_UNPROVEN_SNAPS_BYTES);
    add(waiting, 'flood', MAX_WAITING_DEVICES / 2, (index) => ({ from: `${index}`, snaps }));
    expect(waiting.bytes).toBeLessThanOrEqual(MAX_WAITING_BYTES / 2);
    expect(waiting.bytes).toBeGreaterThan(MAX_WAITING_BYTES / 2 - 1_000);
    // If there is no room for the snaps, the visit is recorded without them.
    expect(waiting.values().some((one) => one.snaps === undefined)).toBe(true);
    add(waiting, 'own', MAX_WAITING_DEVICES, () => ({ trust: 'own', snaps }));
    expect(waiting.bytes).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    expect(waiting.bytes).toBeGreaterThan(MAX_WAITING_BYTES - 1_000);
  });
});

it('a replaced visit frees its memory', () => {
  const waiting = new WaitingSightings();
  const snaps = 'x'.repeat(1_000);
  for (let times = 0; times < 3; times += 1) waiting.add(seen('one', { snaps }));
  const { bytes } = waiting;
  waiting.add(seen('one'));
  expect([waiting.bytes, waiting.values()[0]?.snaps]).toEqual([bytes, snaps]);
  waiting.add(seen('one', { trust: 'own', snaps: '[]' }));
  expect(waiting.bytes).toBe(bytes - snaps.length + 2);
  waiting.add(seen('one', { snaps }));
  expect(waiting.values()).toMatchObject([{ trust: 'own', snaps: '[]' }]);
});
