import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssertionType } from '../../../src/assertions/format/assertion-type.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { ASSERTION_TYPES } from '../../../src/assertions/format/registry.js';
import { AckService } from '../../../src/imports/ack.service.js';
import { everyKeptType, exchangeTypes, gatedDeclaration, PROVENANCE } from '../../support/every-type.js';
import { poll } from '../../support/poll.js';
import { testKey, TestStoreStack } from '../../support/store-stack.js';
import { fetchGroup } from './fetch-group.js';
import { listen, send } from './wire.js';
import { World } from './world.js';

const NEWER = 3;
const NEW_FORMAT = 5;

const brand = new TestStoreStack({ authorityId: 'brand', hasOneKey: true });
const made = everyKeptType(brand);
const exchanged = exchangeTypes(brand);
const types = [...ASSERTION_TYPES.values()];
const kept = types.filter(({ name }) => made.has(name));

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.store.trust(brand.trusted());
  await world.acknowledge(gatedDeclaration(brand));
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const signed = new Map<string, Assertion>();

/** The same headers are signed once: a signature holds the second in which it was made. */
function make({ name }: AssertionType, headers: Record<string, string> = {}): Assertion {
  const key = JSON.stringify([name, headers]);
  const assertion = signed.get(key) ?? made.get(name)?.(headers);
  if (!assertion) throw new Error(`no ${name} is made here`);
  signed.set(key, assertion);
  return assertion;
}

/** Adds an assertion like an operator. @returns whether it was new */
async function ack(...assertions: Assertion[]): Promise<boolean[]> {
  return (await world.store.ack(...assertions)).map(({ added }) => added);
}

function pathOf({ type }: Assertion, key: readonly string[]): string {
  return `/v2/assertions/${[type.name, ...key].map(encodeURIComponent).join('/')}`;
}

/** All forms of its key: in full, and without trailing default values. */
function keysOf({ type, primaryKey }: Assertion): (readonly string[])[] {
  const last = type.primaryKey.at(-1) ?? '';
  const isDefault = type.optionalKeyDefaults[last] === primaryKey.at(-1);
  return isDefault ? [primaryKey, primaryKey.slice(0, -1)] : [primaryKey];
}

/** Waits until the server has dropped its memory, a moment after the change. */
async function expectServed(path: string, { bytes }: Assertion): Promise<void> {
  const reply = await poll(
    () => send(port, { path, headers: { accept: 'application/x.ubuntu.assertion' } }),
    ({ body }) => body.equals(bytes),
  );
  expect([path, reply.status, reply.headers['content-type']]).toEqual([
    path,
    200,
    'application/x.ubuntu.assertion',
  ]);
  expect(reply.body.equals(bytes)).toBe(true);
}

async function expectNone(path: string): Promise<void> {
  const reply = await send(port, { path });
  expect([path, reply.status, reply.headers['content-type']]).toEqual([
    path,
    404,
    'application/problem+json',
  ]);
}

async function expectHeld(assertion: Assertion, query = '?max-format=7'): Promise<void> {
  for (const key of keysOf(assertion)) await expectServed(pathOf(assertion, key) + query, assertion);
}

/** The result of a group with one entry. */
async function fetchOne(entry: object, formats: object = {}): Promise<string | undefined> {
  const { assertions } = await fetchGroup(port, [entry], formats);
  return assertions[0]?.bytes.toString();
}

it('all types are tested here', () => {
  const here = [...made.keys(), ...exchanged.map(({ type }) => type.name)];
  expect(here.toSorted()).toEqual([...ASSERTION_TYPES.keys()].toSorted());
  expect(here).toHaveLength(26);
});

// In the order of creation, because some types need an earlier one.
describe.each([...made.keys()].flatMap((name) => kept.filter((type) => type.name === name)))(
  '$name',
  (type) => {
    it('is added by ack, and served by each form of its key', async () => {
      const first = make(type);
      await expectNone(pathOf(first, first.primaryKey));
      expect(await ack(first)).toEqual([true]);
      await expectHeld(first, '?max-format=0');
      await expectHeld(first, '');
    });

    it('is fetched in a group, unless the device has it', async () => {
      const first = make(type);
      const entry = { type: type.name, 'primary-key': first.primaryKey };
      expect(await fetchOne(entry)).toBe(first.bytes.toString());
      expect(await fetchOne({ ...entry, 'if-newer-than': 0 })).toBeUndefined();
    });

    it('is replaced by a newer revision, and not by an older one or another of the same', async () => {
      const newer = make(type, { revision: String(NEWER) });
      expect(await ack(newer)).toEqual([true]);
      await expectHeld(newer);
      expect(await ack(newer)).toEqual([false]);
      expect(await ack(make(type, { revision: '2' }))).toEqual([false]);
      await expect(ack(make(type, { revision: String(NEWER), comment: 'another' }))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining(`a different one of revision ${NEWER}`) as string,
      });
      await expectHeld(newer);
    });

    it('a signature of other content adds nothing', async () => {
      const text = make(type, { revision: '9' }).bytes.toString('latin1');
      const path = join(world.store.directory, 'forged.assert');
      await writeFile(path, Buffer.from(text.replace('\nrevision: 9\n', '\nrevision: 8\n'), 'latin1'));
      await expect(world.store.app.get(AckService).ack(path)).rejects.toMatchObject({
        code: 'invalid-assertion',
        message: expect.stringContaining('signature') as string,
      });
      await expectHeld(make(type, { revision: String(NEWER) }));
    });
  },
);

const withFormats = kept.filter(({ maxFormat }) => maxFormat > 0);

it('these types have formats', () => {
  expect(withFormats.map(({ name, maxFormat }) => [name, maxFormat])).toEqual([
    ['account-key', 1],
    ['snap-declaration', 7],
    ['system-user', 2],
  ]);
});

describe.each(withFormats)('formats of $name', (type) => {
  const { maxFormat } = type;

  it('each device gets the newest format that it can read', async () => {
    const old = make(type, { revision: String(NEWER) });
    const latest = make(type, { revision: String(NEW_FORMAT), format: String(maxFormat) });
    expect(await ack(latest)).toEqual([true]);
    const path = pathOf(latest, latest.primaryKey);
    await expectServed(`${path}?max-format=${maxFormat}`, latest);
    await expectServed(`${path}?max-format=${maxFormat + 1}`, latest);
    await expectServed(`${path}?max-format=-1`, latest);
    await expectServed(path, latest);
    await expectServed(`${path}?max-format=${maxFormat - 1}`, old);
    const entry = { type: type.name, 'primary-key': latest.primaryKey };
    expect(await fetchOne(entry, { [type.name]: maxFormat })).toBe(latest.bytes.toString());
    expect(await fetchOne(entry, { [type.name]: maxFormat - 1 })).toBe(old.bytes.toString());
  });

  it('a format above the maximum is refused', async () => {
    const text = make(type, { revision: '9', format: String(maxFormat) }).bytes.toString('latin1');
    const path = join(world.store.directory, 'future.assert');
    const future = text.replace(`\nformat: ${maxFormat}\n`, `\nformat: ${maxFormat + 1}\n`);
    await writeFile(path, Buffer.from(future, 'latin1'));
    await expect(world.store.app.get(AckService).ack(path)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

it('an assertion only in a newer format is not found by devices that cannot read it', async () => {
  const snapId = 'newFormatAlonenewFormatAlonenewF';
  const declaration = brand.ownDeclaration(snapId, 0, 2);
  await ack(declaration);
  const path = pathOf(declaration, declaration.primaryKey);
  await expectNone(`${path}?max-format=1`);
  await expectServed(`${path}?max-format=2`, declaration);
});

it('a trusted root is also not found by devices that cannot read its format', async () => {
  const root = brand.accountKey(brand.authorityId, 'rooted', testKey('every-type root'), {
    headers: { format: '1', constraints: [{ headers: { type: 'model' } }] },
  });
  const [id] = root.primaryKey;
  await world.store.trust([...brand.trusted(), root]);
  await expectServed(`/v2/assertions/account-key/${id}?max-format=1`, root);
  await expectNone(`/v2/assertions/account-key/${id}?max-format=0`);
});

describe.each(kept.filter(({ name }) => name.startsWith('snap-r')))('provenance of $name', (type) => {
  if (!Object.hasOwn(type.optionalKeyDefaults, 'provenance')) return;

  it('another than the store’s own is a part of the key', async () => {
    const own = make(type, { revision: String(NEWER) });
    const other = make(type, { provenance: PROVENANCE });
    expect(await ack(other)).toEqual([true]);
    await expectHeld(own);
    await expectHeld(other);
    await expectNone(pathOf(other, [...other.primaryKey.slice(0, -1), 'nobody']));
  });
});

const sequences = kept.filter(({ sequenceForming }) => sequenceForming);

it('these types form sequences', () => {
  expect(sequences.map(({ name }) => name)).toEqual(['validation-set', 'repair', 'cluster']);
});

describe.each(sequences)('sequence of $name', (type) => {
  const number = type.primaryKey.at(-1) ?? '';
  const MOST = 2_147_483_647;
  const points = new Map<number, Assertion>();

  beforeAll(async () => {
    points.set(1, make(type, { revision: String(NEWER) }));
    for (const sequence of [2, 4]) points.set(sequence, make(type, { [number]: String(sequence) }));
    await ack(...points.values());
  });

  const point = (sequence: number): Assertion => points.get(sequence) ?? make(type);
  const sequenceKey = () => point(1).primaryKey.slice(0, -1);

  it('the latest, by query and without one', async () => {
    const path = pathOf(point(4), sequenceKey());
    await expectServed(`${path}?max-format=0&sequence=latest`, point(4));
    await expectServed(path, point(4));
  });

  it.each([1, 2, 4])('pinned to %d, by query and by path', async (sequence) => {
    await expectServed(`${pathOf(point(1), sequenceKey())}?sequence=${sequence}`, point(sequence));
    await expectServed(pathOf(point(sequence), point(sequence).primaryKey), point(sequence));
  });

  it('an unknown point', async () => {
    await expectNone(`${pathOf(point(1), sequenceKey())}?sequence=3`);
    await expectNone(pathOf(point(1), [...sequenceKey(), '3']));
  });

  it.each([
    ['latest', {}, 4],
    ['pinned', { sequence: 2 }, 2],
    ['pinned, and the device has it', { sequence: 2, 'if-newer-than': 0 }, undefined],
    ['at least one before', { 'if-sequence-equal-or-newer-than': 3, 'if-newer-than': 0 }, 4],
    ['at least the last', { 'if-sequence-equal-or-newer-than': 4 }, 4],
    [
      'at least the last, and the device has it',
      { 'if-sequence-equal-or-newer-than': 4, 'if-newer-than': 0 },
      undefined,
    ],
    ['at least one after', { 'if-sequence-equal-or-newer-than': 5, 'if-newer-than': 0 }, undefined],
  ])('in a group: %s', async (_what, members, found) => {
    const entry = { type: type.name, 'sequence-key': sequenceKey(), ...members };
    expect(await fetchOne(entry)).toBe(found === undefined ? undefined : point(found).bytes.toString());
  });

  it('accepts numbers up to the maximum', async () => {
    const last = make(type, { [number]: String(MOST) });
    await ack(last);
    await expectServed(`${pathOf(last, sequenceKey())}?sequence=${MOST}`, last);
    await expectServed(`${pathOf(last, sequenceKey())}?sequence=latest`, last);
    await expectServed(pathOf(last, last.primaryKey), last);
    const beyond = await send(port, { path: `${pathOf(last, sequenceKey())}?sequence=${MOST + 1}` });
    expect(beyond.status).toBe(400);
    expect(() => make(type, { [number]: String(MOST + 1) })).toThrow(String(MOST));
  });
});

describe.each(exchanged.map((assertion) => [assertion.type.name, assertion] as const))(
  '%s',
  (name, assertion) => {
    it('is for one exchange: refused by ack, and not found', async () => {
      await expect(ack(assertion)).rejects.toMatchObject({
        code: 'invalid-assertion',
        message: expect.stringContaining(`a ${name} is for one exchange only and is not stored`) as string,
      });
      const reply = await send(port, { path: pathOf(assertion, assertion.primaryKey) });
      expect(reply.status).toBe(404);
    });
  },
);
