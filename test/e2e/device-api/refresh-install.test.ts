import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestToBase64url } from '../../../src/common/crypto/digest.js';
import { MAX_REFRESH_TEXT_CHARACTERS } from '../../../src/common/limits.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { install, outcome } from './refresh-actions.js';
import { at, ORIGIN, World } from './world.js';

let world: World;
let one: TestSnap;

const fields = ['revision', 'version', 'download', 'name', 'snap-id'];

beforeAll(async () => {
  world = await World.start();
  one = await world.push({ name: 'hello', revision: 1 });
  await world.push({ name: 'hello', revision: 2 }, ['latest/beta', '2.0/candidate']);
  await world.push({ name: 'hello', revision: 3 }, ['latest/edge/fix']);
  await world.push({ name: 'hello', revision: 4, architectures: ['arm64'] });
  await world.push({ name: 'only-arm', revision: 7, architectures: ['arm64'] }, ['latest/edge']);
  await world.push({ name: 'everywhere', revision: 9, architectures: ['all'] });
  await world.push({ name: 'closed', revision: 5 }, ['latest/stable', 'latest/candidate']);
  await closeChannel('closed', 'stable');
});
afterAll(() => world.stop());

/** The effect of an operator's `close`. */
async function closeChannel(name: string, risk: string): Promise<void> {
  await world.store.query(
    `insert into channel_release (snap_id, architecture, track, risk, branch, revision, released_at, import_id)
     select snap_id, architecture, track, risk, branch, null, now(), import_id from channel_release
     join snap using (snap_id) where name = $1 and risk = $2`,
    [name, risk],
  );
  await world.store.query(`select pg_notify('catalogue', snap_id) from snap where name = $1`, [name]);
}

describe('install and download', () => {
  it('answers whole results, with hex digest and absolute URL', async () => {
    for (const action of ['install', 'download']) {
      const reply = await world.refresh([install('hello', { action, channel: 'stable' })], {
        fields,
      });
      expect(reply).toEqual({
        'error-list': [],
        results: [
          {
            result: action,
            'instance-key': 'install-1',
            'snap-id': one.snapId,
            name: 'hello',
            'effective-channel': 'stable',
            'released-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as string,
            snap: {
              revision: 1,
              version: '1.0',
              name: 'hello',
              'snap-id': one.snapId,
              download: {
                url: `${ORIGIN}/api/v1/snaps/download/${one.snapId}_1.snap`,
                size: one.bytes.length,
                'sha3-384': one.digest.toString('hex'),
                deltas: [],
              },
            },
          },
        ],
      });
    }
  });

  it('names one file in hex in JSON and in base64url in the URL of its assertion', async () => {
    const { results } = await world.refresh([install('hello')]);
    const hex = at(results[0], 'snap', 'download', 'sha3-384');
    expect(hex).toMatch(/^[0-9a-f]{96}$/);
    const digest = digestToBase64url(Buffer.from(String(hex), 'hex'));
    const assertion = await world.get(`/v2/assertions/snap-revision/${digest}`);
    expect(assertion.rawPayload.equals(one.snapRevision.bytes)).toBe(true);
  });

  it.each([
    ['no channel', {}, [1, 'stable']],
    ['an empty channel', { channel: '' }, [1, 'stable']],
    ['stable', { channel: 'stable' }, [1, 'stable']],
    ['a full channel name', { channel: 'latest/stable' }, [1, 'stable']],
    ['candidate, which falls back to stable', { channel: 'candidate' }, [1, 'stable']],
    ['beta', { channel: 'beta' }, [2, 'beta']],
    ['edge, which falls back to beta', { channel: 'edge' }, [2, 'beta']],
    ['a branch', { channel: 'edge/fix' }, [3, 'edge/fix']],
    ['a branch with its full name', { channel: 'latest/edge/fix' }, [3, 'edge/fix']],
    ['a missing branch, which falls back to its risk', { channel: 'beta/none' }, [2, 'beta']],
    ['a missing branch, which falls back to a safer risk', { channel: 'edge/none' }, [2, 'beta']],
    ['a track without a stable release', { channel: '2.0' }, 'revision-not-found'],
    ['a track at a risk', { channel: '2.0/candidate' }, [2, '2.0/candidate']],
    ['a track at a riskier level', { channel: '2.0/edge' }, [2, '2.0/candidate']],
    ['an unknown track', { channel: '9' }, 'revision-not-found'],
    ['an invalid channel', { channel: 'a/b/c/d' }, 'invalid-channel'],
    // snapd calls the channel closed that is not the effective one.
    ['a revision without a channel', { revision: 2 }, [2, undefined]],
    ['a revision that only a branch has', { revision: 3 }, [3, undefined]],
    ['a revision of the channel', { revision: 2, channel: '2.0/candidate' }, [2, '2.0/candidate']],
    [
      'a revision that a riskier channel also offers',
      { revision: 1, channel: 'candidate' },
      [1, 'candidate'],
    ],
    ['a revision of a channel safer than the given one', { revision: 1, channel: 'beta' }, [1, 'beta']],
    ['a revision of the given branch', { revision: 3, channel: 'edge/fix' }, [3, 'edge/fix']],
    ['a revision that the channel never had', { revision: 2, channel: 'stable' }, 'revision-not-found'],
    ['a revision of another branch', { revision: 3, channel: 'edge' }, 'revision-not-found'],
    ['a revision of another track', { revision: 1, channel: '2.0/edge' }, 'revision-not-found'],
    ['a revision with an unknown track', { revision: 1, channel: '9.x/stable' }, 'revision-not-found'],
    ['a revision with an invalid channel', { revision: 1, channel: 'no such channel!' }, 'invalid-channel'],
    ['a revision for another architecture', { revision: 4 }, 'revision-not-found'],
    ['an unknown revision', { revision: 99 }, 'revision-not-found'],
    ['the highest number', { revision: 2_147_483_647 }, 'revision-not-found'],
    ['revision 0', { revision: 0 }, 'revision-not-found'],
    ['null members', { revision: null, channel: null }, [1, 'stable']],
  ])('%s', async (_name, members, expected) => {
    expect(await outcome(world, install('hello', members))).toEqual(expected);
  });

  it('falls through a closed channel, and not to a riskier one', async () => {
    expect(await outcome(world, install('closed', { channel: 'edge' }))).toEqual([5, 'candidate']);
    expect(await outcome(world, install('closed', { channel: 'stable' }))).toBe('revision-not-found');
    expect(await outcome(world, install('closed', { revision: 5 }))).toEqual([5, undefined]);
  });

  it('finds a revision that a channel had earlier', async () => {
    await world.push({ name: 'moved', revision: 1 }, ['latest/candidate']);
    await world.push({ name: 'moved', revision: 2 }, ['latest/candidate']);
    const moved = (channel: string) => outcome(world, install('moved', { revision: 1, channel }));
    expect(await moved('candidate')).toEqual([1, 'candidate']);
    expect(await moved('edge')).toEqual([1, 'edge']);
    expect(await moved('stable')).toBe('revision-not-found');
    expect(await outcome(world, install('closed', { revision: 5, channel: 'stable' }))).toEqual([
      5,
      'stable',
    ]);
  });

  it('does not suggest a closed channel', async () => {
    const { results } = await world.refresh([install('closed', { channel: 'stable' })]);
    expect(at(results[0], 'error', 'extra')).toEqual({
      releases: [{ architecture: 'amd64', channel: 'candidate' }],
    });
  });

  it('selects by architecture, and `all` matches every one', async () => {
    expect(await outcome(world, install('hello'), { architecture: 'arm64' })).toEqual([4, 'stable']);
    expect(await outcome(world, install('everywhere'), { architecture: 's390x' })).toEqual([9, 'stable']);
    expect(await outcome(world, install('hello'), { architecture: 's390x' })).toBe('revision-not-found');
  });

  it('names the snap, and the releases of other architectures, if there is no revision', async () => {
    expect((await world.refresh([install('only-arm', { channel: 'edge' })])).results).toEqual([
      {
        result: 'error',
        'instance-key': 'install-1',
        name: 'only-arm',
        'snap-id': expect.stringMatching(/^onlyarm/) as string,
        error: {
          code: 'revision-not-found',
          message: expect.any(String) as string,
          extra: { releases: [{ architecture: 'arm64', channel: 'edge' }] },
        },
      },
    ]);
  });

  it.each(['nothing', 'UPPER', 'a\u0000b', '../etc', '%', 'x'.repeat(MAX_REFRESH_TEXT_CHARACTERS)])(
    'does not know a snap by an odd name (%#)',
    async (name) => {
      for (const action of ['install', 'download'])
        expect((await world.refresh([install(name, { action })])).results).toEqual([
          {
            result: 'error',
            'instance-key': 'install-1',
            name,
            error: { code: 'name-not-found', message: expect.any(String) as string },
          },
        ]);
    },
  );

  it('requires a name', async () => {
    expect(await outcome(world, { action: 'install', 'instance-key': 'install-1' })).toBe('name-not-found');
  });
});
