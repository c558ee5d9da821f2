import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_FETCHED_SNAPS, MAX_PACKAGE_LIST_BYTES, parseFetchRequest } from './fetch-request.js';
import { MAX_INVENTORY_BYTES, readInventory } from './inventory-file.js';

const directory = mkdtempSync(join(tmpdir(), 'fetch-request-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(content: string | Buffer): string {
  const path = join(directory, 'file');
  writeFileSync(path, content);
  return path;
}

const parse = async (names: string[], more: Partial<Parameters<typeof parseFetchRequest>[0]> = {}) =>
  await parseFetchRequest({ names, channels: [], architectures: [], yamlFile: undefined, ...more });
const message = async (asking: Promise<unknown>) =>
  await asking.then(
    () => 'it is read',
    (error: Error) => error.message,
  );

it('uses stable and amd64 by default, and each snap once', async () => {
  expect(await parse(['jq', 'jq', 'htop=12'])).toEqual({
    architectures: ['amd64'],
    snaps: [
      { name: 'jq', revision: undefined, channels: [{ track: 'latest', risk: 'stable' }] },
      { name: 'htop', revision: 12, channels: [{ track: 'latest', risk: 'stable' }] },
    ],
  });
});

const names = (count: number) => Array.from({ length: count }, (_, index) => `snap-${index}`);

it.each([
  [[], {}, 'name a snap, or give --from-yaml FILE'],
  [['Jq'], {}, '"Jq" is not a snap name'],
  [['../x'], {}, '"../x" is not a snap name'],
  [['jq='], {}, 'revision "" of jq is invalid'],
  [['jq=0'], {}, 'revision "0" of jq is invalid'],
  [['jq=999999999'], {}, 'it is read'],
  [['jq=9999999999'], {}, 'of jq is invalid'],
  [['jq'], { channels: ['a/b/c/d'] }, 'it has more than the three parts'],
  [['jq'], { architectures: ['AMD64'] }, '"AMD64" is not an architecture'],
  [names(MAX_FETCHED_SNAPS), {}, 'it is read'],
  [names(MAX_FETCHED_SNAPS + 1), {}, 'more than 1000 snaps in one command'],
])('%#: %j %j', async (words, more, said) => expect(await message(parse(words, more))).toContain(said));

describe('--from-yaml', () => {
  const list = 'packages:\n  - name: jq\n';

  it.each([
    ['hello: [', 'is not YAML'],
    ['hello', 'has no list "packages"'],
    ['packages: []', 'has no list "packages"'],
    ['packages: [jq]', 'lists a package that is not a map: "jq"'],
    [
      'packages: [{name: jq, channel: edge}]',
      'has an unknown key "channel" (known keys: name, revision, push_channel)',
    ],
    ['packages: [{revision: 3}]', 'a package has no name'],
    ['packages: [{name: jq, revision: x}]', 'revision "x" of jq is invalid'],
    ['packages: [{name: jq, push_channel: 2.0}]', 'put push_channel 2 of jq in quotes'],
    [list.padEnd(MAX_PACKAGE_LIST_BYTES, '\n'), 'it is read'],
    [list.padEnd(MAX_PACKAGE_LIST_BYTES + 1, '\n'), 'is longer than 1048576 bytes'],
  ])('%#', async (text, said) => expect(await message(parse([], { yamlFile: file(text) }))).toContain(said));

  it('says that there is no file', async () =>
    expect(await message(parse([], { yamlFile: '/nowhere' }))).toBe(
      'cannot fetch snaps: there is no file /nowhere',
    ));
});

describe('--have', () => {
  const held = JSON.stringify({
    snaps: [{ 'snap-id': 'x', revisions: [{ revision: 3, 'sha3-384': 'a'.repeat(96) }] }],
  });

  it('reads what list-pushed-snaps --json prints', async () =>
    expect((await readInventory(file(held))).get('x')?.get(3)?.toString('hex')).toBe('a'.repeat(96)));

  it.each([
    ['x', 'it is not JSON (give the output of `list-pushed-snaps --json`)'],
    ['[]', 'it has no list of snaps'],
    ['{"snaps":[{}]}', 'a snap has no snap-id'],
    ['{"snaps":[{"snap-id":"x"}]}', 'a snap has no list of revisions'],
    ['{"snaps":[{"snap-id":"x","revisions":[{}]}]}', 'a revision has no number'],
    ['{"snaps":[{"snap-id":"x","revisions":[{"revision":3}]}]}', 'cannot read digest ""'],
    [Buffer.from(held.padEnd(MAX_INVENTORY_BYTES)), 'it is read'],
    [Buffer.from(held.padEnd(MAX_INVENTORY_BYTES + 1)), 'it is longer than 67108864 bytes'],
  ])('%#', async (content, said) => expect(await message(readInventory(file(content)))).toContain(said));

  it('says that there is no file', async () =>
    expect(await message(readInventory('/nowhere'))).toBe(
      'cannot use /nowhere with --have: there is no such file',
    ));
});
