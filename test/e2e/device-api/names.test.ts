import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Cli } from '../../support/cli.js';
import { at, World } from './world.js';

let world: World;

const ALIASES = [
  { name: 'c', target: 'ctl' },
  { name: 'daemon', target: 'd' },
];

beforeAll(async () => {
  world = await World.start();
  const { snapId } = await world.push({ name: 'tool', revision: 1, yaml: 'apps:\n  d: {}\n  ctl: {}\n' });
  await world.push({ name: 'old-editor', revision: 1, yaml: 'confinement: classic\n' });
  await world.push({ name: 'abc', revision: 1, yaml: 'confinement: devmode\n' }, ['latest/edge']);
  await world.push({ name: 'other-chip', revision: 1, architectures: ['arm64'] });
  await world.acknowledge(
    world.brand.snapDeclaration(
      { snapId, name: 'tool', publisherId: 'acme' },
      { headers: { format: '2', revision: '1', aliases: ALIASES } },
    ),
  );
});
afterAll(() => world.stop());

async function names(query: string, headers?: Record<string, string>): Promise<unknown[]> {
  const reply = await world.get(`/api/v1/snaps/names${query}`, headers);
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/hal+json']);
  return at(reply.json(), '_embedded', 'clickindex:package') as unknown[];
}

it('lists all snaps by name, with apps and aliases, in the order that snapd reads', async () => {
  const { body } = await world.get('/api/v1/snaps/names');
  expect(body.startsWith('{"_embedded":{"clickindex:package":[{"package_name":"abc",')).toBe(true);
  expect(await names('')).toEqual([
    { package_name: 'abc', version: '1.0', summary: 'Summary of abc', apps: [], aliases: [] },
    { package_name: 'old-editor', version: '1.0', summary: 'Summary of old-editor', apps: [], aliases: [] },
    {
      package_name: 'tool',
      version: '1.0',
      summary: 'Summary of tool',
      apps: ['d', 'ctl'],
      aliases: ALIASES,
    },
  ]);
});

it.each([
  ['?confinement=strict', ['tool']],
  ['?confinement=strict,classic', ['old-editor', 'tool']],
  ['?confinement=', ['abc', 'old-editor', 'tool']],
  ['?confinement=none', []],
  ['?confinement=%00', []],
])('lists the snaps for a device of %s', async (query, expected) => {
  expect((await names(query)).map((entry) => at(entry, 'package_name'))).toEqual(expected);
});

it('lists for the architecture of the device', async () => {
  const found = await names('', { 'x-ubuntu-architecture': 'arm64' });
  expect(found.map((entry) => at(entry, 'package_name'))).toEqual(['other-chip']);
});

it('accepts confinements up to a maximum length', async () => {
  const status = async (length: number) =>
    (await world.get(`/api/v1/snaps/names?confinement=${'x'.repeat(length)}`)).statusCode;
  expect([await status(512), await status(513)]).toEqual([200, 400]);
});

describe('a snap with a restriction by the operator', () => {
  const END = Date.UTC(2998, 5, 1);

  async function listedVersion(headers?: Record<string, string>): Promise<unknown> {
    const found = await names('', headers);
    return at(
      found.find((entry) => at(entry, 'package_name') === 'held'),
      'version',
    );
  }
  const operate = async (...words: string[]) => {
    expect(await new Cli(() => world.store.dataDir).run(...words)).toMatchObject({ status: 0 });
  };

  beforeAll(async () => {
    for (const revision of [1, 2]) await world.push({ name: 'held', revision });
    await world.push({ name: 'held', revision: 3 }, ['latest/stable/fix']);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is listed with its override, until that expires', async () => {
    expect(await listedVersion()).toBe('2.0');
    await operate('override', 'held', 'stable=1', '--until', '2998-06-01');
    expect(await listedVersion()).toBe('1.0');
    vi.useFakeTimers({ toFake: ['Date'], now: END - 1 });
    expect(await listedVersion()).toBe('1.0');
    vi.setSystemTime(END);
    expect(await listedVersion()).toBe('2.0');
  });

  it('is listed with its branch if it has no other release, until the branch expires', async () => {
    await operate('delete-override', 'held', 'stable');
    await operate('close', 'held', 'stable');
    await operate('release', 'held', '3', 'stable/fix', '--until', '2998-06-01');
    expect(await listedVersion()).toBe('3.0');
    vi.useFakeTimers({ toFake: ['Date'], now: END });
    expect(await listedVersion()).toBeUndefined();
  });

  it('is not listed if its architecture is closed after a release for all', async () => {
    await world.push({ name: 'held', revision: 4, architectures: ['all'] }, ['latest/edge']);
    expect(await listedVersion()).toBe('4.0');
    await operate('close', 'held', 'stable/fix');
    await operate('close', 'held', 'edge', '--architecture', 'amd64');
    expect(await listedVersion()).toBeUndefined();
    expect(await listedVersion({ 'x-ubuntu-architecture': 'arm64' })).toBe('4.0');
  });
});
