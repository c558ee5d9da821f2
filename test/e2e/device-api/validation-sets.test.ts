import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ACTION_SETS } from '../../../src/common/limits.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { install, installed, outcome, refreshOf } from './refresh-actions.js';
import { World } from './world.js';

let world: World;
let hello: TestSnap;

beforeAll(async () => {
  world = await World.start();
  for (const revision of [1, 2, 3]) hello = await world.push({ name: 'hello', revision });
  await world.push({ name: 'hello', revision: 4, architectures: ['arm64'] });
  await publish('line', 1, { revision: '1' });
  await publish('line', 2, { revision: '2' });
  await publish('open', 1, { presence: 'required' });
  await publish('never', 1, { presence: 'invalid' });
  await publish('gone', 1, { revision: '77' });
  await publish('arm', 1, { revision: '4' });
});
afterAll(() => world.stop());

/** A point of a set for one snap. */
async function publish(name: string, sequence: number, said: Record<string, string>): Promise<void> {
  const { brand } = world;
  await world.acknowledge(
    brand.validationSet({
      name,
      sequence,
      snaps: [
        { name: 'elsewhere', id: 'elsewhereelsewhereelsewhereelse1', revision: '9' },
        { name: 'hello', id: hello.snapId, ...said },
      ],
    }),
  );
}

const key = (name: string, sequence = 1) => ['16', 'brand', name, String(sequence)];
const sets = (...keys: string[][]) => ({ 'validation-sets': keys });

describe('an action that names validation sets', () => {
  it.each([
    ['a set that pins the snap', sets(key('line')), [1, undefined]],
    ['a later point of it', sets(key('line', 2)), [2, undefined]],
    ['a set that leaves the revision open', sets(key('open')), [3, 'stable']],
    ['a set that forbids the snap, which the device checks itself', sets(key('never')), [3, 'stable']],
    ['two sets, one of which pins the snap', sets(key('open'), key('line', 2)), [2, undefined]],
    ['two sets that pin the same revision', sets(key('line'), key('line')), [1, undefined]],
    ['two sets that pin different revisions', sets(key('line'), key('line', 2)), 'invalid-validation-sets'],
    ['a set that the store does not hold', sets(key('nowhere')), [3, 'stable']],
    [
      'an invalid key',
      sets(['16'], ['a', 'b', 'c', 'd', 'e'], ['16', 'brand', 'li\u0000ne', '1']),
      [3, 'stable'],
    ],
    ['no set', sets(), [3, 'stable']],
    ['a revision that the store does not hold', sets(key('gone')), 'revision-not-found'],
    ['a revision of another architecture', sets(key('arm')), 'revision-not-found'],
    ['also a revision in the request', { ...sets(key('line')), revision: 2 }, [2, undefined]],
    ['also a channel in the request', { ...sets(key('line')), channel: 'stable' }, [1, undefined]],
    ['ignoring them', { ...sets(key('line')), 'ignore-validation': true }, [3, 'stable']],
    ['not ignoring them', { ...sets(key('line')), 'ignore-validation': false }, [1, undefined]],
  ])('%s', async (_what, members, expected) => {
    for (const action of ['install', 'download'])
      expect(await outcome(world, { ...install('hello', members), action })).toEqual(expected);
    const context = [installed(hello, { revision: 1 })];
    expect(await outcome(world, refreshOf(hello, members), { context })).toEqual(expected);
  });

  it('is accepted up to a number of sets', async () => {
    const status = async (count: number) =>
      (
        await world.post({
          actions: [install('hello', sets(...Array.from({ length: count }, () => key('line'))))],
        })
      ).statusCode;
    expect(MAX_ACTION_SETS).toBe(100);
    expect([await status(MAX_ACTION_SETS), await status(MAX_ACTION_SETS + 1)]).toEqual([200, 400]);
  });

  it.each([{}, 'x', ['x'], [[1]], [{}]])('is refused with sets in the form %j', async (wrong) => {
    const reply = await world.post({ actions: [install('hello', { 'validation-sets': wrong })] });
    expect([reply.statusCode, Object.keys(reply.json<object>())]).toEqual([400, ['error-list']]);
  });
});
