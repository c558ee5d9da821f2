import { expect } from 'vitest';
import type { TestSnap } from '../../support/test-snaps.js';
import { at, type World } from './world.js';

/** An install in the form of snapd. */
export const install = (name: string, members: object = {}) => ({
  action: 'install',
  'instance-key': 'install-1',
  name,
  epoch: null,
  ...members,
});
/** A snap in the context. */
export const installed = (snap: TestSnap, members: object = {}) => ({
  'snap-id': snap.snapId,
  'instance-key': snap.snapId,
  revision: snap.revision,
  'tracking-channel': 'latest/stable',
  epoch: { read: [0], write: [0] },
  ...members,
});
/** A refresh in the form of snapd. */
export const refreshOf = (snap: TestSnap, members: object = {}) => ({
  action: 'refresh',
  'instance-key': snap.snapId,
  'snap-id': snap.snapId,
  ...members,
});

/** Revision and channel of the only result, or the error's code. */
export async function outcome(
  world: World,
  action: object,
  options: { context?: object[]; architecture?: string } = {},
): Promise<unknown> {
  const { results } = await world.refresh([action], options);
  expect(results).toHaveLength(1);
  const [result] = results;
  return at(result, 'result') === 'error'
    ? at(result, 'error', 'code')
    : [at(result, 'snap', 'revision'), at(result, 'effective-channel')];
}
