import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  MAX_ACTION_SETS,
  MAX_ANSWER_BYTES,
  MAX_FIELDS,
  MAX_FORMATS,
  MAX_KEY_PARTS,
  MAX_REFRESH_ACTIONS,
  MAX_REFRESH_ASSERTIONS,
  MAX_REFRESH_CONTEXT,
  MAX_REFRESH_HISTORIES,
  MAX_REFRESH_SET_MENTIONS,
  MAX_REFRESH_SETS,
  MAX_REFRESH_TEXT_CHARACTERS,
  SNAPS_AT_ONCE,
} from '../../../src/common/limits.js';
import { DatabaseService } from '../../../src/database/database.service.js';
import { addManySnaps } from '../../support/many-snaps.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { install, installed, refreshOf } from './refresh-actions.js';
import { World } from './world.js';

/** Snaps that exist only as rows. */
const MANY = 3 * SNAPS_AT_ONCE;

let world: World;
let hello: TestSnap;
let many: string[];

beforeAll(async () => {
  world = await World.start();
  hello = await world.push({ name: 'hello', revision: 1 });
  await world.push({ name: 'hello', revision: 2, yaml: '# ' });
  many = await addManySnaps(world.store.databaseUrl, 1, MANY);
});
afterAll(() => world.stop());
afterEach(() => vi.restoreAllMocks());

const madeUp = () => randomBytes(16).toString('hex');
const list = <T>(length: number, item: (index: number) => T) => Array.from({ length }, (_, at) => item(at));

/** The number of database queries of one request. */
async function queriesOf(body: object): Promise<number> {
  const spy = vi.spyOn(world.store.app.get(DatabaseService), 'query');
  const reply = await world.post({ context: [], ...body });
  expect(reply.statusCode).toBe(200);
  const count = spy.mock.calls.length;
  spy.mockRestore();
  return count;
}

const refreshes = (ids: readonly string[]) =>
  ids.map((id) => ({ action: 'refresh', 'instance-key': id, 'snap-id': id }));
const installs = (names: readonly string[], members: object = {}) =>
  names.map((name) => install(name, members));
const fetching = (assertions: readonly object[]) => [{ action: 'fetch-assertions', key: 'K', assertions }];

describe('unknown items are looked up once, in one query', () => {
  it.each([
    ['ids', () => ({ actions: refreshes(list(MAX_REFRESH_ACTIONS, madeUp)) })],
    ['names', () => ({ actions: installs(list(MAX_REFRESH_ACTIONS, madeUp)) })],
    [
      'validation sets',
      () => ({
        actions: list(MAX_REFRESH_SETS / MAX_ACTION_SETS, () =>
          install('hello', { 'validation-sets': list(MAX_ACTION_SETS, () => ['16', madeUp(), 'x', '1']) }),
        ),
      }),
    ],
    [
      'sequences',
      () => ({
        actions: fetching(
          list(MAX_REFRESH_ASSERTIONS, () => ({
            type: 'validation-set',
            'sequence-key': ['16', madeUp(), 'x'],
          })),
        ),
      }),
    ],
    [
      'revisions',
      () => ({
        actions: list(MAX_REFRESH_ACTIONS, (at) => refreshOf(hello, { revision: 1_000_000 + at })),
      }),
    ],
  ])('%s', async (_what, make) => {
    await world.refresh([install('hello')]);
    const body = make();
    expect(await queriesOf(body)).toBeLessThanOrEqual(2);
    expect(await queriesOf(body)).toBe(0);
  });

  it('assertions, with the owners of their snaps', async () => {
    const body = {
      actions: fetching(
        list(MAX_REFRESH_ASSERTIONS, () => ({ type: 'snap-declaration', 'primary-key': ['16', madeUp()] })),
      ),
    };
    expect(await queriesOf(body)).toBe(2);
    expect(await queriesOf(body)).toBe(0);
  });

  it('and are found as soon as they exist', async () => {
    const snap = world.publisher.snap({ name: 'late', revision: 1 });
    const ask = async () =>
      (
        await world.refresh([
          ...installs(['late']),
          ...refreshes([snap.snapId]),
          ...fetching([{ type: 'snap-declaration', 'primary-key': ['16', snap.snapId] }]),
        ])
      ).results.map(({ result }) => result);
    expect(await ask()).toEqual(['error', 'error', 'fetch-assertions']);
    await world.push({ name: 'late', revision: 1 });
    expect(await ask()).toEqual(['install', 'refresh', 'fetch-assertions']);
    const [group] = (
      await world.refresh(fetching([{ type: 'snap-declaration', 'primary-key': ['16', snap.snapId] }]))
    ).results;
    expect(group).toHaveProperty('assertion-stream-urls.0');
  });
});

it('existing snaps are read once, a few at a time', async () => {
  const body = { actions: installs(many), fields: ['revision'] };
  expect(await queriesOf(body)).toBeLessThanOrEqual(2 + MANY / SNAPS_AT_ONCE);
  expect(await queriesOf(body)).toBe(0);
});

describe('a request beyond a limit is refused with a message', () => {
  const key = (at: number) => ['16', 'brand', `set-${at}`, '1'];
  const naming = (keys: readonly (readonly string[])[]) => install('hello', { 'validation-sets': keys });
  const setsOf = (count: number) =>
    list(Math.ceil(count / MAX_ACTION_SETS), (action) =>
      naming(
        list(Math.min(MAX_ACTION_SETS, count - action * MAX_ACTION_SETS), (at) =>
          key(action * MAX_ACTION_SETS + at),
        ),
      ),
    );
  const mentions = (count: number) => [
    ...list(Math.floor(count / MAX_ACTION_SETS), () => naming(list(MAX_ACTION_SETS, key))),
    ...(count % MAX_ACTION_SETS === 0 ? [] : [naming(list(count % MAX_ACTION_SETS, key))]),
  ];
  const text = (length: number) => 'x'.repeat(length);

  it.each<[string, number, (count: number) => object]>([
    ['different validation sets', MAX_REFRESH_SETS, (count) => ({ actions: setsOf(count) })],
    [
      'validation sets, counted each time',
      MAX_REFRESH_SET_MENTIONS,
      (count) => ({ actions: mentions(count) }),
    ],
    ['installed snaps', MAX_REFRESH_CONTEXT, (count) => ({ context: list(count, () => installed(hello)) })],
    ['fields', MAX_FIELDS, (count) => ({ fields: list(count, (at) => `f${at}`) })],
    [
      'formats',
      MAX_FORMATS,
      (count) => ({ 'assertion-max-formats': Object.fromEntries(list(count, (at) => [`t${at}`, 1])) }),
    ],
    ['characters of a name', MAX_REFRESH_TEXT_CHARACTERS, (count) => ({ actions: [install(text(count))] })],
    ['characters of a field', MAX_REFRESH_TEXT_CHARACTERS, (count) => ({ fields: [text(count)] })],
    [
      'characters of a key',
      MAX_REFRESH_TEXT_CHARACTERS,
      (count) => ({ actions: fetching([{ type: 'account', 'primary-key': [text(count)] }]) }),
    ],
    [
      'parts of a key',
      MAX_KEY_PARTS,
      (count) => ({ actions: fetching([{ type: 'account', 'primary-key': list(count, () => 'x') }]) }),
    ],
  ])('%s', async (_what, most, make) => {
    const status = async (count: number) => {
      const reply = await world.post({ context: [], actions: [], ...make(count) });
      return [reply.statusCode, reply.body.includes('cannot read refresh request: ')];
    };
    expect([await status(most), await status(most + 1)]).toEqual([
      [200, false],
      [400, true],
    ]);
  });

  it('looks up the releases of revisions with a channel once, for any number of them', async () => {
    const ask = (count: number) =>
      list(count, (at) => install('hello', { 'instance-key': `i${at}`, revision: 1, channel: 'stable' }));
    const actions = ask(MAX_REFRESH_HISTORIES + 1);
    const { results } = await world.refresh(actions);
    expect(results.map(({ result }) => result)).toEqual(actions.map(() => 'install'));
    expect(await queriesOf({ actions })).toBe(await queriesOf({ actions: ask(1) }));
  });

  it('look-ups in the history', async () => {
    const ask = async (count: number) => {
      const context = list(count, (at) =>
        installed(hello, { 'instance-key': `i${at}`, revision: 1, epoch: { read: [5], write: [5] } }),
      );
      const actions = list(count, (at) => refreshOf(hello, { 'instance-key': `i${at}` }));
      const reply = await world.post({ context, actions });
      return [reply.statusCode, reply.body.includes('request fewer snaps at a time')];
    };
    expect(await ask(MAX_REFRESH_HISTORIES)).toEqual([200, false]);
    expect(await ask(MAX_REFRESH_HISTORIES + 1)).toEqual([413, true]);
  });
});

describe('an answer', () => {
  /** Text that a snap.yaml may hold. */
  const YAML_BYTES = 200_000;

  it('is accepted up to the limit, and no further', async () => {
    await world.push({ name: 'wordy', revision: 1, yaml: `# ${'x'.repeat(YAML_BYTES)}\n` });
    const most = Math.floor(MAX_ANSWER_BYTES / (YAML_BYTES + 3_000));
    const ask = async (count: number) => await world.post({ actions: list(count, () => install('wordy')) });
    const whole = await ask(most);
    expect(whole.json<{ results: unknown[] }>().results).toHaveLength(most);
    expect(whole.headers['content-length']).toBe(String(Buffer.byteLength(whole.body)));
    const refused = await ask(most + 10);
    expect([refused.statusCode, refused.json()]).toEqual([
      413,
      {
        'error-list': [
          { code: 'too-large', message: expect.stringContaining('request fewer snaps') as string },
        ],
      },
    ]);
  });
});
