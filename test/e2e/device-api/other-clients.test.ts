import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasReal, REAL } from '../../support/real.js';
import { writeWithComponents, type TestSnap } from '../../support/test-snaps.js';
import { at, World } from './world.js';

// Juju is in old-assertions.test.ts, old snapds there and in old-packages.test.ts.

let world: World;
let snap: TestSnap;

beforeAll(async () => {
  world = await World.start();
  snap = world.publisher.snap({
    name: 'model',
    revision: 1,
    yaml: 'components:\n  weights: {type: standard}\n',
  });
  const weights = world.publisher.component(snap, { name: 'weights', revision: 2 });
  await world.store.push(await writeWithComponents(join(world.store.directory, 'model'), snap, [weights]));
});
afterAll(() => world.stop());

describe('a snap that requests the sizes of its components', () => {
  it('finds its id without an architecture, and its components by its revision', async () => {
    const info = await world.get('/v2/snaps/info/model', {
      'snap-device-series': '16',
      accept: 'application/json',
    });
    expect([info.statusCode, at(info.json(), 'snap-id')]).toEqual([200, snap.snapId]);
    // It sends an empty channel, and the installed revision.
    const { results } = await world.refresh(
      [{ action: 'refresh', 'instance-key': snap.snapId, 'snap-id': snap.snapId, revision: 1 }],
      {
        context: [
          { 'snap-id': snap.snapId, 'instance-key': snap.snapId, revision: 1, 'tracking-channel': '' },
        ],
        fields: ['resources'],
      },
    );
    expect(results).toMatchObject([
      {
        result: 'refresh',
        'snap-id': snap.snapId,
        snap: {
          resources: [
            {
              name: 'weights',
              revision: 2,
              type: 'component/standard',
              download: { size: expect.any(Number) as number },
            },
          ],
        },
      },
    ]);
  });
});

describe('a server that lists snaps for its operators', () => {
  it('reads title, publisher and every channel, from the store URL with /v2', async () => {
    const found = (
      await world.get('/v2/snaps/find?q=model&fields=title,summary,publisher,revision')
    ).json<object>();
    expect(found).toMatchObject({
      results: [
        {
          name: 'model',
          snap: { title: 'model', publisher: { username: 'acme' } },
          revision: { revision: 1 },
        },
      ],
    });
    const info = (
      await world.get('/v2/snaps/info/model?fields=revision,version,channel-map,download')
    ).json<object>();
    expect(info).toMatchObject({
      'channel-map': [{ channel: { architecture: 'amd64', name: 'stable' }, revision: 1, version: '1.0' }],
    });
  });

  it.skipIf(!hasReal)(
    `has rows of the members that the official store has${hasReal ? '' : ' (skipped: no recorded answer)'}`,
    async () => {
      const recorded = JSON.parse(
        readFileSync(join(REAL, 'api/v2-info-hello.200.20221207.json'), 'utf8'),
      ) as unknown;
      const info = (await world.get('/v2/snaps/info/model')).json<object>();
      const members = (value: unknown, ...path: string[]) =>
        Object.keys(at(value, ...path) as object).toSorted();
      expect(members(info, 'channel-map', '0', 'channel')).toEqual(
        members(recorded, 'channel-map', '0', 'channel'),
      );
    },
  );
});
