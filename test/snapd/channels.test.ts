import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Acme, SNAPD_ID, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import { IS_DEBIANS } from './programs.js';

let acme: Acme;
let device: SnapdDevice;

beforeAll(async () => {
  acme = await Acme.register();
  await acme.push({ name: 'snapd', version: '2.57.6', revision: 1, snapId: SNAPD_ID });
  await acme.push({ name: 'acme-base', version: '1', revision: 1 });
  await acme.push({ name: 'acme-hello', version: '1.0', revision: 1 }, 'latest/stable');
  await acme.push({ name: 'acme-hello', version: '2.0', revision: 2 }, 'latest/stable');
  await acme.push({ name: 'acme-hello', version: '3.0', revision: 3 }, 'latest/edge');
  await acme.store.serve();
  device = await SnapdDevice.start(acme.trustedRoots);
  await device.snap('ack', await acme.storeAssertions());
  await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
  await device.snap('install', 'acme-hello');
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
});

/** Revision and tracked channel of the installed snap; a branch is shown as an ellipsis. */
async function hello(): Promise<(string | undefined)[]> {
  const rows = (await device.snap('list')).split('\n').map((row) => row.split(/\s+/));
  const row = rows.find(([name]) => name === 'acme-hello');
  return [row?.[2], row?.[3]];
}

/** A refresh as a user requests it: of this snap, or of all. */
async function refreshed(...args: string[]): Promise<(string | undefined)[]> {
  await device.snap('refresh', ...args);
  return await hello();
}

// The steps of one device's life, in order: each continues from the previous one.
describe('a device without a serial', () => {
  it('follows an override, and the channel again after the override is deleted', async () => {
    expect(await hello()).toEqual(['2', 'latest/stable']);
    await acme.store.run('override', 'acme-hello', 'stable=1');
    expect(await refreshed('acme-hello')).toEqual(['1', 'latest/stable']);
    await acme.store.run('delete-override', 'acme-hello', 'stable');
    expect(await refreshed()).toEqual(['2', 'latest/stable']);
  });

  it('follows a branch, and its risk after the branch has expired', async () => {
    await acme.store.run('release', 'acme-hello', '3', 'stable/hotfix');
    await device.snap('remove', '--purge', 'acme-hello');
    await device.snap('install', '--channel=latest/stable/hotfix', 'acme-hello');
    expect(await hello()).toEqual(['3', 'latest/stable/…']);
    const end = Date.now() + 10_000;
    const until = new Date(end).toISOString();
    await acme.store.run('release', 'acme-hello', '3', 'stable/hotfix', '--until', until);
    await sleep(Math.max(0, end + 1 - Date.now()));
    expect(await refreshed('acme-hello')).toEqual(['2', 'latest/stable/…']);
    await device.snap('switch', '--channel=latest/stable', 'acme-hello');
  });

  it('stays with its cohort when the channel changes, and follows the channel when it leaves the cohort', async () => {
    const said = await device.snap('create-cohort', 'acme-hello');
    const key = /^ +cohort-key: (\S+)$/m.exec(said)?.[1] ?? '';
    expect(said).toMatch(/^cohorts:\n +acme-hello:\n/);
    await acme.store.run('release', 'acme-hello', '3', 'stable');
    expect(await refreshed(`--cohort=${key}`, 'acme-hello')).toEqual(['2', 'latest/stable']);
    expect(await device.snap('list')).toMatch(/acme-hello .*in-cohort/);
    expect(await refreshed('acme-hello')).toEqual(['2', 'latest/stable']);
    expect(await refreshed()).toEqual(['2', 'latest/stable']);
    expect(await refreshed('--leave-cohort', 'acme-hello')).toEqual(['3', 'latest/stable']);
    expect(await device.snap('list')).not.toContain('in-cohort');
  });

  it('is told that a cohort key is invalid, and stays unchanged', async () => {
    const said = await device.snapRefused('refresh', '--cohort=another', 'acme-hello');
    expect(said).toContain('the cohort key is not from this store');
    expect(await hello()).toEqual(['3', 'latest/stable']);
    expect(await device.snapRefused('create-cohort', 'acme-nothing')).toContain('snap not found');
  });

  it('falls from a closed channel to the next safer risk', async () => {
    await acme.store.run('release', 'acme-hello', '1', 'edge');
    expect(await refreshed('--channel=edge', 'acme-hello')).toEqual(['1', 'latest/edge']);
    await acme.store.run('close', 'acme-hello', 'edge');
    expect(await refreshed('acme-hello')).toEqual(['3', 'latest/edge']);
  });

  it('is redirected to the default track that the operator set', async () => {
    await acme.store.run('release', 'acme-hello', '1', '2.0/stable', '--new-track');
    await acme.store.run('set-default-track', 'acme-hello', '2.0');
    await device.snap('remove', '--purge', 'acme-hello');
    await device.snap('install', 'acme-hello');
    expect(await hello()).toEqual(['1', '2.0/stable']);
    await acme.store.run('set-default-track', 'acme-hello', '--none');
    expect(await refreshed('acme-hello')).toEqual(['1', '2.0/stable']);
  });

  it('does not get a progressive release before it reaches all devices', async () => {
    await acme.store.run('release', 'acme-hello', '2', '2.0', '--percentage', '99');
    expect(await refreshed('acme-hello')).toEqual(['1', '2.0/stable']);
    await acme.store.run('release', 'acme-hello', '2', '2.0', '--percentage', '100');
    expect(await refreshed('acme-hello')).toEqual(['2', '2.0/stable']);
  });

  it.runIf(IS_DEBIANS)(
    'has no way to hold a single snap: that came with snapd 2.58 (for 2.57.6 alone)',
    async () => {
      expect(await device.snap('version')).toMatch(/^snapd +2\.57\.6/m);
      expect(await device.snapRefused('refresh', '--hold=24h', 'acme-hello')).toContain('unknown flag `hold');
    },
  );
});
