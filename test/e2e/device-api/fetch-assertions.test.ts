import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { MAX_REFRESH_ACTIONS, MAX_REFRESH_ASSERTIONS } from '../../../src/common/limits.js';
import { askForGroups, fetchGroup as fetchGroupAt, followGroup } from './fetch-group.js';
import { listen } from './wire.js';
import { at, World } from './world.js';

const MAX_FORMATS = { 'account-key': 1, 'snap-declaration': 7 };
const GROWN = 'grownSnapgrownSnapgrownSnapgrown';
const NEW_FORMAT = 'newFormatnewFormatnewFormatnewFo';
const STRANGER = 'strangerstrangerstrangerstranger';

let world: World;
let port: number;
let declarations: Assertion[];
let points: Assertion[];

beforeAll(async () => {
  world = await World.start();
  const { brand } = world;
  declarations = [
    brand.ownDeclaration(GROWN, 0),
    brand.ownDeclaration(GROWN, 3),
    brand.ownDeclaration(GROWN, 5, 4),
  ];
  points = [
    brand.validationSet({ name: 'set' }),
    brand.validationSet({ name: 'set', sequence: 2 }),
    brand.validationSet({ name: 'set', sequence: 2 }, { headers: { revision: '4' } }),
  ];
  for (const assertion of [...declarations, brand.ownDeclaration(NEW_FORMAT, 0, 4), ...points])
    await world.acknowledge(assertion);
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const fetchGroup = async (assertions: readonly object[], formats: object | undefined = MAX_FORMATS) =>
  await fetchGroupAt(port, assertions, formats);

const account = (members: object = {}) => ({ type: 'account', 'primary-key': ['brand'], ...members });
const declaration = (snapId: string, members: object = {}) => ({
  type: 'snap-declaration',
  'primary-key': ['16', snapId],
  ...members,
});
const sequence = (members: object = {}, name = 'set') => ({
  type: 'validation-set',
  'sequence-key': ['16', 'brand', name],
  ...members,
});

describe('by primary key', () => {
  it.each([
    ['missing on the device', {}, [`snap-declaration 16 ${GROWN} r5`]],
    ['older', { 'if-newer-than': 4 }, [`snap-declaration 16 ${GROWN} r5`]],
    ['the same', { 'if-newer-than': 5 }, []],
    ['newer than the store has', { 'if-newer-than': 6 }, []],
  ])('%s', async (_name, members, found) => {
    expect(await fetchGroup([declaration(GROWN, members)])).toMatchObject({ found, missing: undefined });
  });

  it('serves the signed bytes', async () => {
    const { assertions } = await fetchGroup([declaration(GROWN)]);
    expect(assertions[0]?.bytes.equals(declarations[2]?.bytes ?? Buffer.alloc(0))).toBe(true);
  });

  it.each([
    ['a snap', declaration(STRANGER)],
    ['a type', { type: 'future-type', 'primary-key': ['x', 'y'] }],
    ['a key that is too short', { type: 'snap-declaration', 'primary-key': ['16'] }],
    ['a key that is too long', { type: 'account', 'primary-key': ['a', 'b'] }],
    ['a key with a NUL', { type: 'account', 'primary-key': ['a\u0000'] }],
    ['a sequence', sequence({}, 'none')],
    ['a point of a sequence', sequence({ sequence: 9 })],
    ['a sequence of a type without sequences', { type: 'account', 'sequence-key': ['brand'] }],
  ])(
    '%s that the store never had: an error where the device has none either, else nothing newer',
    async (_name, asked) => {
      const { type } = asked;
      const key =
        'primary-key' in asked
          ? { 'primary-key': asked['primary-key'] }
          : { 'sequence-key': asked['sequence-key'] };
      expect(await fetchGroup([asked])).toMatchObject({
        found: [],
        missing: [{ code: 'not-found', message: expect.any(String) as string, type, ...key }],
      });
      expect(await fetchGroup([{ ...asked, 'if-newer-than': 0 }])).toMatchObject({
        found: [],
        missing: undefined,
      });
    },
  );

  it('answers a root that the store trusts', async () => {
    expect((await fetchGroup([account(), account({ 'if-newer-than': 0 })])).found).toEqual([
      'account brand r0',
    ]);
  });
});

describe('groups', () => {
  it('hold several, of which the news are answered', async () => {
    const key = {
      type: 'account-key',
      'primary-key': [...world.brand.rootAccountKey.primaryKey],
      'if-newer-than': 0,
    };
    const group = [
      account({ 'if-newer-than': 0 }),
      key,
      declaration(GROWN, { 'if-newer-than': 2 }),
      sequence(),
    ];
    expect(await fetchGroup(group)).toMatchObject({
      found: [`snap-declaration 16 ${GROWN} r5`, 'validation-set 16 brand set 2 r4'],
      missing: undefined,
    });
  });

  it('fail alone', async () => {
    const { results } = await world.refresh(
      [
        { action: 'fetch-assertions', key: 'good', assertions: [declaration(GROWN)] },
        { action: 'fetch-assertions', key: 'bad', assertions: [declaration(GROWN), declaration(STRANGER)] },
        { action: 'fetch-assertions', key: 'none', assertions: [] },
      ],
      { 'assertion-max-formats': MAX_FORMATS } as object,
    );
    expect(
      results.map((result) => [
        result['key'],
        (at(result, 'assertion-stream-urls') as string[]).length,
        (at(result, 'error-list') as unknown[] | undefined)?.length,
      ]),
    ).toEqual([
      ['good', 1, undefined],
      ['bad', 0, 1],
      ['none', 0, undefined],
    ]);
  });
});

describe('several groups at once', () => {
  it('each its own answer, under its key, and none of another', async () => {
    const groups = {
      c25hcA: [declaration(GROWN, { 'if-newer-than': 3 }), account({ 'if-newer-than': 0 })],
      c2V0: [sequence({ sequence: 1 })],
      bmV3ZXN0: [sequence({ 'if-sequence-equal-or-newer-than': 1, 'if-newer-than': 0 })],
      bm9uZQ: [declaration(STRANGER, { 'if-newer-than': 0 })],
      bG9zdA: [declaration(STRANGER), declaration(GROWN)],
      Zm9ybWF0: [declaration(NEW_FORMAT)],
    };
    const results = await askForGroups(port, groups, MAX_FORMATS);
    const answers = await Promise.all(
      Object.keys(groups).map(async (key) => {
        const { found, missing } = await followGroup(port, results.get(key));
        return [key, found, (missing as unknown[] | undefined)?.length];
      }),
    );
    expect(answers).toEqual([
      ['c25hcA', [`snap-declaration 16 ${GROWN} r5`], undefined],
      ['c2V0', ['validation-set 16 brand set 1 r0'], undefined],
      ['bmV3ZXN0', ['validation-set 16 brand set 2 r4'], undefined],
      ['bm9uZQ', [], undefined],
      ['bG9zdA', [], 1],
      ['Zm9ybWF0', [`snap-declaration 16 ${NEW_FORMAT} r0`], undefined],
    ]);
  });

  it('beside snap actions, in the order of all', async () => {
    const snap = await world.push({ name: 'hello', revision: 1 });
    const { results } = await world.refresh([
      { action: 'fetch-assertions', key: 'A', assertions: [declaration(GROWN)] },
      { action: 'install', 'instance-key': 'install-1', name: 'hello', epoch: null },
      { action: 'fetch-assertions', key: 'B', assertions: [declaration(snap.snapId)] },
    ]);
    expect(results.map((result) => result['key'] ?? result['instance-key'])).toEqual(['A', 'install-1', 'B']);
  });
});

describe('limits', () => {
  const asked = account({ 'if-newer-than': 0 });
  const status = async (...sizes: number[]) => {
    const actions = sizes.map((size, index) => ({
      action: 'fetch-assertions',
      key: `K${index}`,
      assertions: Array.from({ length: size }, () => asked),
    }));
    const reply = await world.post({ context: [], actions });
    return [reply.statusCode, reply.json<{ results?: unknown[] }>().results?.length];
  };

  it('of assertions, in one group and in all', async () => {
    expect(MAX_REFRESH_ASSERTIONS).toBe(4_000);
    expect(await status(MAX_REFRESH_ASSERTIONS)).toEqual([200, 1]);
    expect(await status(MAX_REFRESH_ASSERTIONS + 1)).toEqual([400, undefined]);
    expect(await status(MAX_REFRESH_ASSERTIONS - 1, 1)).toEqual([200, 2]);
    expect(await status(MAX_REFRESH_ASSERTIONS, 1)).toEqual([400, undefined]);
  });

  it('of groups', async () => {
    const groups = (count: number) => Array.from({ length: count }, () => 1);
    expect(await status(...groups(MAX_REFRESH_ACTIONS))).toEqual([200, MAX_REFRESH_ACTIONS]);
    expect(await status(...groups(MAX_REFRESH_ACTIONS + 1))).toEqual([400, undefined]);
  });

  it.each(['if-newer-than', 'sequence', 'if-sequence-equal-or-newer-than'])('of %s', async (name) => {
    const answer = async (value: number) => {
      const entry = { ...sequence(), 'if-newer-than': 0, [name]: value };
      const actions = [{ action: 'fetch-assertions', key: 'K', assertions: [entry] }];
      return (await world.post({ context: [], actions })).statusCode;
    };
    expect([await answer(0), await answer(2_147_483_647)]).toEqual([200, 200]);
    expect([await answer(-1), await answer(2_147_483_648)]).toEqual([400, 400]);
  });

  it('of formats', async () => {
    const answer = async (format: number) =>
      (await world.post({ actions: [], 'assertion-max-formats': { account: format } })).statusCode;
    expect([await answer(0), await answer(2_147_483_647)]).toEqual([200, 200]);
    expect([await answer(-1), await answer(2_147_483_648)]).toEqual([400, 400]);
  });
});

describe('by sequence', () => {
  it.each([
    ['latest', {}, 'r4'],
    ['at least an earlier point', { 'if-sequence-equal-or-newer-than': 1 }, 'r4'],
    [
      'an earlier point of a high revision',
      { 'if-sequence-equal-or-newer-than': 1, 'if-newer-than': 9 },
      'r4',
    ],
    [
      'at least the same point, of an older revision',
      { 'if-sequence-equal-or-newer-than': 2, 'if-newer-than': 3 },
      'r4',
    ],
    [
      'at least the same point, of the same revision',
      { 'if-sequence-equal-or-newer-than': 2, 'if-newer-than': 4 },
      undefined,
    ],
    ['at least the same point, of any revision', { 'if-sequence-equal-or-newer-than': 2 }, 'r4'],
    [
      'at least a point that does not exist yet',
      { 'if-sequence-equal-or-newer-than': 3, 'if-newer-than': 0 },
      undefined,
    ],
    ['pinned, of an older revision', { sequence: 2, 'if-newer-than': 0 }, 'r4'],
    ['pinned, of the same revision', { sequence: 2, 'if-newer-than': 4 }, undefined],
    ['pinned', { sequence: 2 }, 'r4'],
  ])('%s', async (_name, members, revision) => {
    expect(await fetchGroup([sequence(members)])).toMatchObject({
      found: revision === undefined ? [] : [`validation-set 16 brand set 2 ${revision}`],
      missing: undefined,
    });
  });

  it('pinned to an earlier point', async () => {
    expect((await fetchGroup([sequence({ sequence: 1 })])).found).toEqual([
      'validation-set 16 brand set 1 r0',
    ]);
    expect((await fetchGroup([sequence({ sequence: 1, 'if-newer-than': 0 })])).found).toEqual([]);
  });

  it('by the full key', async () => {
    const full = { type: 'validation-set', 'primary-key': ['16', 'brand', 'set', '1'] };
    expect((await fetchGroup([full])).found).toEqual(['validation-set 16 brand set 1 r0']);
  });
});

describe('formats', () => {
  it.each([
    ['a device with a higher format', { 'snap-declaration': 7 }, 5],
    ['a device with the same format', { 'snap-declaration': 4 }, 5],
    ['a device with a lower format', { 'snap-declaration': 3 }, 3],
    ['a device with a format of another type', { account: 7 }, 3],
    ['a device without formats', {}, 3],
    ['a request without formats', undefined, 3],
    ['a device with the highest format', { 'snap-declaration': 2_147_483_647 }, 5],
  ])('offers what %s reads', async (_name, formats, revision) => {
    expect((await fetchGroup([declaration(GROWN)], formats ?? {})).found).toEqual([
      `snap-declaration 16 ${GROWN} r${revision}`,
    ]);
  });

  it('never offers what the device cannot read', async () => {
    expect(await fetchGroup([declaration(NEW_FORMAT)], { 'snap-declaration': 3 })).toMatchObject({
      found: [],
      missing: [{ code: 'not-found' }],
    });
    expect(await fetchGroup([declaration(NEW_FORMAT, { 'if-newer-than': 0 })], {})).toMatchObject({
      found: [],
      missing: undefined,
    });
  });
});
