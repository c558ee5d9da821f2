import { afterAll, beforeAll, expect, it } from 'vitest';
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
    world.brand.sign('snap-declaration', {
      format: '2',
      series: '16',
      'snap-id': snapId,
      'snap-name': 'tool',
      'publisher-id': 'acme',
      revision: '1',
      aliases: ALIASES,
      timestamp: '2026-01-01T00:00:00Z',
    }),
  );
});
afterAll(() => world.stop());

async function names(query: string, headers?: Record<string, string>): Promise<unknown[]> {
  const reply = await world.get(`/api/v1/snaps/names${query}`, headers);
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/hal+json']);
  return at(reply.json(), '_embedded', 'clickindex:package') as unknown[];
}

it('lists every snap by name, with apps and aliases, in the order in which snapd reads it', async () => {
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
])('lists what a device of %s could have', async (query, expected) => {
  expect((await names(query)).map((entry) => at(entry, 'package_name'))).toEqual(expected);
});

it('lists for the architecture of the device', async () => {
  const found = await names('', { 'x-ubuntu-architecture': 'arm64' });
  expect(found.map((entry) => at(entry, 'package_name'))).toEqual(['other-chip']);
});

it('takes confinements up to a length', async () => {
  const status = async (length: number) =>
    (await world.get(`/api/v1/snaps/names?confinement=${'x'.repeat(length)}`)).statusCode;
  expect([await status(512), await status(513)]).toEqual([200, 400]);
});
