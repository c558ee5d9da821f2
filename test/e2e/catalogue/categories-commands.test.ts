import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { type Outcome } from '../../support/program.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

let directory: string;
let machine: CommandStore;

const cli = new Cli(() => machine.dataDir);

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  const publisher = new TestPublisher();
  await cli.run('config', `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`);
  for (const name of ['hello', 'other'])
    await cli.run('push-snap', await writePair(directory, publisher.snap({ name, revision: 1 })));
});
afterAll(() => machine.stop());

it('sets, lists and resets categories', async () => {
  const said = (stdout: string): Outcome => ({ status: 0, stderr: '', stdout });
  expect(await cli.run('list-categories', '--json')).toEqual(said('{\n  "categories": []\n}\n'));
  expect(await cli.run('set-categories', 'hello', 'utilities', 'games', '--featured')).toEqual(
    said('[snap hello] Categories: featured, games, utilities\n'),
  );
  expect(await cli.run('set-categories', 'other', 'games')).toEqual(said('[snap other] Categories: games\n'));
  expect(await cli.run('set-categories', 'other', 'games')).toEqual(
    said('[snap other] Categories: games (unchanged)\n'),
  );
  expect((await cli.run('list-categories')).stdout).toBe(
    'Category     Snaps\nfeatured     hello\ngames        hello,other\nutilities    hello\n',
  );
  expect(JSON.parse((await cli.run('list-categories', '--json')).stdout)).toEqual({
    categories: [
      { name: 'featured', snaps: ['hello'] },
      { name: 'games', snaps: ['hello', 'other'] },
      { name: 'utilities', snaps: ['hello'] },
    ],
  });
  expect(await cli.run('set-categories', 'hello', '--none')).toEqual(said('[snap hello] Categories: none\n'));
  expect(await cli.run('set-categories', 'other', '--imported')).toEqual(
    said('[snap other] Categories: none\n'),
  );
  expect(await cli.run('set-categories', 'other', '--featured')).toEqual(
    said('[snap other] Categories: featured\n'),
  );
});

it.each([
  [['hello'], 'cannot set the categories of "hello": give either categories'],
  [['hello', 'games', '--none'], 'cannot set the categories of "hello": give either categories'],
  [['hello', '--featured', '--imported'], 'cannot set the categories of "hello": give either categories'],
  [['hello', 'Games'], 'cannot set the categories of "hello": "Games" is not a category name'],
  [['nothing', 'games'], 'cannot set the categories of "nothing": the store holds no snap of that name'],
])('refuses %j in one line', async (words, why) => {
  const { status, stdout, stderr } = await cli.run('set-categories', ...words);
  expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2]);
  expect(stderr).toContain(`error: ${why}`);
});
