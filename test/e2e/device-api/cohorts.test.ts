import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MAX_REFRESH_TEXT_CHARACTERS } from '../../../src/common/limits.js';
import { COHORT_WINDOW_MS } from '../../../src/device-api/refresh/cohort-key.js';
import { MAX_COHORT_SNAPS } from '../../../src/device-api/refresh/cohorts.controller.js';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { install, installed, outcome, refreshOf } from './refresh-actions.js';
import { at, HOST, World } from './world.js';

let world: World;
let hello: TestSnap;

beforeAll(async () => {
  world = await World.start();
  hello = await world.push({ name: 'hello', revision: 1 });
  await world.push({ name: 'other', revision: 1 });
});
afterAll(() => world.stop());
afterEach(() => {
  vi.useRealTimers();
});

/** As snapd sends it: without a type, and with an empty `Accept`. */
async function create(body: unknown) {
  return await world.store.app.inject({
    method: 'POST',
    url: '/v2/cohorts',
    headers: { host: HOST, accept: '' },
    payload: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
}

async function keyOf(name: string): Promise<string> {
  const reply = await create({ snaps: [name] });
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json']);
  return String(at(reply.json(), 'cohort-keys', name));
}

async function operate(...words: string[]): Promise<void> {
  expect(await new Cli(() => world.store.dataDir).run(...words)).toMatchObject({ status: 0 });
}

const offered = async (members: object = {}) => await outcome(world, install('hello', members));

describe('a cohort', () => {
  let key: string;
  /** Not later than the key. */
  let createdAt: number;

  beforeAll(async () => {
    createdAt = Date.now();
    key = await keyOf('hello');
    await world.push({ name: 'hello', revision: 2 });
  });

  it('sees the revision of its channel at its creation', async () => {
    expect(await offered()).toEqual([2, 'stable']);
    expect(await offered({ 'cohort-key': key })).toEqual([1, 'stable']);
    expect(await offered({ 'cohort-key': key, action: 'download' })).toEqual([1, 'stable']);
    expect(await offered({ 'cohort-key': key, channel: 'edge' })).toEqual([1, 'stable']);
    expect(await offered({ 'cohort-key': await keyOf('hello') })).toEqual([2, 'stable']);
  });

  it('offers the whole revision for download', async () => {
    const { results } = await world.refresh([install('hello', { 'cohort-key': key })]);
    const url = new URL(String(at(results[0], 'snap', 'download', 'url')));
    expect((await world.get(url.pathname)).rawPayload).toEqual(hello.bytes);
  });

  it('applies to a device that sends its cohort key, until it leaves', async () => {
    const refreshed = async (action: object) =>
      await outcome(world, refreshOf(hello, action), { context: [installed(hello, { 'cohort-key': key })] });
    expect(await refreshed({})).toEqual([1, 'stable']);
    expect(await refreshed({ channel: 'latest/stable', 'cohort-key': key })).toEqual([1, 'stable']);
    // `snap refresh --leave-cohort`: the channel is named, and no cohort.
    expect(await refreshed({ channel: 'latest/stable' })).toEqual([2, 'stable']);
    // A revision by its number has no channel.
    expect(await refreshed({ revision: 2, 'cohort-key': key })).toEqual([2, undefined]);
  });

  it('sees neither later releases nor later closings', async () => {
    await operate('release', 'hello', '2', '3.0/stable', 'candidate', '--new-track');
    await operate('close', 'hello', 'stable');
    expect(await poll(() => offered({ channel: '3.0' }), Array.isArray)).toEqual([2, '3.0/stable']);
    expect(
      await poll(
        () => offered(),
        (given) => given === 'revision-not-found',
      ),
    ).toBe('revision-not-found');
    expect(await offered({ 'cohort-key': key })).toEqual([1, 'stable']);
    expect(await offered({ 'cohort-key': key, channel: '3.0' })).toBe('revision-not-found');
    expect(await offered({ 'cohort-key': key, channel: 'candidate' })).toEqual([1, 'stable']);
    await operate('rollback', 'hello', 'stable');
    await poll(() => offered(), Array.isArray);
  });

  it('keeps its view for ninety days, and then gets the present one', async () => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: createdAt + COHORT_WINDOW_MS - 1 });
    expect(await offered({ 'cohort-key': key })).toEqual([1, 'stable']);
    vi.setSystemTime(now + COHORT_WINDOW_MS);
    expect(await offered({ 'cohort-key': key })).toEqual([2, 'stable']);
    await world.push({ name: 'hello', revision: 3 });
    const later = async () => await offered({ 'cohort-key': key });
    expect(await poll(later, (given) => at(given, '0') === 3)).toEqual([3, 'stable']);
  });

  it('also gets overrides', async () => {
    await operate('override', 'hello', 'stable=2');
    const held = async () => await offered({ 'cohort-key': key });
    expect(await poll(held, (given) => at(given, '0') === 2)).toEqual([2, 'stable']);
    await operate('delete-override', 'hello', 'stable');
    expect(await poll(held, (given) => at(given, '0') === 1)).toEqual([1, 'stable']);
  });

  it('sees a branch until it expires', async () => {
    const end = Date.UTC(2998, 5, 1);
    await operate('release', 'hello', '2', 'stable/fix', '--until', '2998-06-01');
    const withBranch = await keyOf('hello');
    await operate('close', 'hello', 'stable/fix');
    const fixed = async () => await offered({ 'cohort-key': withBranch, channel: 'stable/fix' });
    expect(await fixed()).toEqual([2, 'stable/fix']);
    expect(await offered({ 'cohort-key': key, channel: 'stable/fix' })).toEqual([1, 'stable']);
    // Independent of the cohort's time: the branch expires within the first ninety days.
    vi.useFakeTimers({ toFake: ['Date'], now: end - 1 });
    const late = await keyOf('hello');
    await operate('release', 'hello', '1', 'stable/fix', '--until', '2998-06-01');
    vi.setSystemTime(end - 1);
    const young = await keyOf('hello');
    expect(await offered({ 'cohort-key': young, channel: 'stable/fix' })).toEqual([1, 'stable/fix']);
    vi.setSystemTime(end);
    expect(await offered({ 'cohort-key': young, channel: 'stable/fix' })).toEqual([3, 'stable']);
    expect(await offered({ 'cohort-key': late, channel: 'stable/fix' })).toEqual([3, 'stable']);
  });
});

describe('a key', () => {
  it('for another snap, forged or changed is refused, and other actions are not affected', async () => {
    const others = await keyOf('other');
    const ours = await keyOf('hello');
    for (const key of [
      others,
      'what',
      `${ours}x`,
      ours.slice(0, -4),
      'x'.repeat(MAX_REFRESH_TEXT_CHARACTERS),
    ]) {
      expect(await offered({ 'cohort-key': key })).toBe('invalid-cohort-key');
      const context = [installed(hello, { 'cohort-key': key })];
      expect(await outcome(world, refreshOf(hello), { context })).toBe('invalid-cohort-key');
      expect(await outcome(world, install('other'), { context })).toEqual([1, 'stable']);
      const left = await outcome(world, refreshOf(hello, { channel: 'stable' }), { context });
      expect(left).toEqual([3, 'stable']);
    }
  });

  it('is created once for each name, even if requested repeatedly', async () => {
    const reply = await create({ snaps: ['hello', 'other', 'hello'] });
    expect(Object.keys(at(reply.json(), 'cohort-keys') as object).toSorted()).toEqual(['hello', 'other']);
  });

  it.each([
    [{ snaps: ['hello', 'nothing'] }, 404, 'no snap named \\"nothing\\" in this store'],
    [{ snaps: [''] }, 404, 'no snap named'],
    [{ snaps: ['\0'] }, 404, 'no snap named'],
    [{ snaps: [] }, 400, 'snaps is not a non-empty list of names'],
    [{}, 400, 'snaps is not a non-empty list of names'],
    [[], 400, 'snaps is not a non-empty list of names'],
    [null, 400, 'snaps is not a non-empty list of names'],
    [{ snaps: [7] }, 400, 'a name is not a string'],
    ['{', 400, 'its body is not JSON'],
    [
      { snaps: Array.from({ length: MAX_COHORT_SNAPS + 1 }, () => 'hello') },
      400,
      'names more than 500 snaps',
    ],
  ])('is refused for %j', async (body, status, message) => {
    const reply = await create(body);
    expect([reply.statusCode, reply.body]).toEqual([status, expect.stringContaining(message) as string]);
  });

  it('is created for the most snaps of a request', async () => {
    const reply = await create({ snaps: Array.from({ length: MAX_COHORT_SNAPS }, () => 'hello') });
    expect(reply.statusCode).toBe(200);
  });
});
