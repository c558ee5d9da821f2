import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { MAX_STORE_ID_LENGTH } from '../../../src/common/domain/words.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { type Outcome } from '../../support/program.js';
import { TestStoreStack, writeRoots } from '../../support/store-stack.js';
import { tarOf } from '../../support/tar-file.js';
import { partsOf, PUBLISHER_ID, TestPublisher, writePair, type TestSnap } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
/** A trusted account that operates stores and publishes no snap. */
const operator = new TestStoreStack({ authorityId: 'operator', hasOneKey: true });
let directory: string;
let machine: CommandStore;

const cli = new Cli(() => machine.dataDir);

const said = (...lines: string[]): Outcome => ({
  status: 0,
  stderr: '',
  stdout: lines.map((line) => `${line}\n`).join(''),
});

/** What test snaps need and no test pushes. */
const NEEDS = ['core', 'snapd'].map(
  (name) =>
    `warning: this store has no ${name} for amd64, which hello needs: push it too; otherwise devices without it cannot install that snap`,
);

async function listed(): Promise<unknown> {
  const { stdout } = await cli.run('list-stores', '--json');
  return (JSON.parse(stdout) as { stores: unknown }).stores;
}

async function state(): Promise<unknown> {
  return [await listed(), (await cli.run('list-pushed-snaps', '--json')).stdout];
}

/** Each command must be refused with its one-line message, and must change nothing. */
async function expectRefusals(
  rows: readonly (readonly [words: readonly string[], why: string])[],
): Promise<void> {
  const before = await state();
  for (const [words, why] of rows) {
    const { status, stdout, stderr } = await cli.run(...words);
    expect([words, status, stdout, stderr.split('\n').length]).toEqual([words, 1, '', 2]);
    expect(stderr).toContain(why);
  }
  expect(await state()).toEqual(before);
}

function storeAssertion(store: string, operatorId = PUBLISHER_ID): Assertion {
  return operator.store({ store, operatorId });
}

async function pair(name: string, revision = 1): Promise<string> {
  return await writePair(directory, publisher.snap({ name, revision }));
}

/** An archive of store assertions and snaps, as in an export. */
async function exportOf(
  name: string,
  stores: readonly Assertion[],
  snaps: readonly TestSnap[],
): Promise<string> {
  const path = join(directory, name);
  const assertions = [publisher.account, ...stores];
  const parts = [{ name: 'store/store.assert', bytes: encodeStream(assertions) }, ...partsOf(snaps)];
  writeFileSync(path, await tarOf(parts));
  return path;
}

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  const roots = await writeRoots(directory, [...operator.trusted(), ...publisher.stack.trusted()]);
  expect((await cli.run('config', `proxy.trusted-assertions=${roots}`)).status).toBe(0);
});
afterAll(() => machine.stop());

describe('stores', () => {
  it('are added, changed, listed and removed', async () => {
    expect(await cli.run('list-stores', '--json')).toEqual(said('{', '  "stores": []', '}'));
    expect(await cli.run('add-store', 'main', '--brand', 'brand')).toEqual(
      said('[store main] Brand: brand (added)'),
    );
    expect(await cli.run('add-store', 'view', '--brand', 'brand', '--parent', 'main')).toEqual(
      said('[store view] Brand: brand, parent main (added)'),
    );
    expect(await cli.run('add-store', 'view', '--brand', 'brand')).toEqual(
      said('[store view] Brand: brand, parent main (unchanged)'),
    );
    expect(await cli.run('add-store', 'view', '--brand', 'other')).toEqual(
      said('[store view] Brand: other, parent main (changed)'),
    );
    expect(await cli.run('list-stores')).toEqual(
      said(
        'Store    Brand    Parent    Snaps',
        'main     brand    -         -',
        'view     other    main      -',
      ),
    );
    expect(await cli.run('add-store', 'view', '--brand', 'other', '--without-parent', '--json')).toEqual(
      said(
        '{',
        '  "store": "view",',
        '  "brand-id": "other",',
        '  "parent": null,',
        '  "outcome": "changed"',
        '}',
      ),
    );
    expect(await cli.run('remove-store', 'view')).toEqual(said('[store view] removed'));
    expect(await listed()).toEqual([{ store: 'main', 'brand-id': 'brand', parent: null, snaps: [] }]);
  });

  it('must have valid ids and brands, and existing parents above them', async () => {
    const longest = 'a'.repeat(MAX_STORE_ID_LENGTH);
    expect((await cli.run('add-store', longest, '--brand', 'brand')).status).toBe(0);
    expect((await cli.run('remove-store', longest)).status).toBe(0);
    await expectRefusals([
      [['add-store', `${longest}a`, '--brand', 'brand'], 'is not a store id: use up to 128'],
      [['add-store', 'a b', '--brand', 'brand'], '"a b" is not a store id'],
      [['add-store', 'ubuntu', '--brand', 'brand'], '"ubuntu" is the store of all public snaps'],
      [['add-store', 'new', '--brand', 'A'], '"A" is not an account-id'],
      [['add-store', 'new', '--brand', 'brand', '--parent', 'gone'], 'store "gone" does not exist'],
      [['add-store', 'main', '--brand', 'brand', '--parent', 'main'], 'store main is this store'],
    ]);
    await cli.run('add-store', 'below', '--brand', 'brand', '--parent', 'main');
    await expectRefusals([
      [['add-store', 'main', '--brand', 'brand', '--parent', 'below'], 'store below is this store, or'],
      [['remove-store', 'main'], 'cannot remove store "main": it is the parent of below'],
      [['remove-store', 'gone'], 'store "gone" does not exist; run `snap-store-proxy list-stores`'],
      [
        ['add-store', 'below', '--brand', 'brand', '--parent', 'main', '--without-parent'],
        'give either --parent or --without-parent',
      ],
    ]);
    expect((await cli.run('remove-store', 'below')).status).toBe(0);
  });
});

describe('a snap', () => {
  it('is pushed into a store, moved to another, and made public', async () => {
    const file = await pair('hello');
    const { stdout } = await cli.run('push-snap', file, '--store', 'main', '--dry-run');
    expect(stdout).toContain('[snap hello] Would put it into store main\n');
    expect(await cli.run('push-snap', file, '--store', 'main')).toEqual(
      said(
        '[snap hello] Store: main',
        '[snap hello] Uploaded snap blob and assertions for hello revision 1',
        '[snap hello] Channelmaps were successfully updated.',
        '[snap hello] Moved latest/stable (amd64): empty -> 1, version 1.0',
        ...NEEDS,
      ),
    );
    expect((await cli.run('list-pushed-snaps')).stdout).toMatch(/^Name +Stores +.*\nhello +main +[^\n]*\n$/);
    expect(await cli.run('push-snap', await pair('hello', 2))).toEqual(
      said(
        '[snap hello] Uploaded snap blob and assertions for hello revision 2',
        '[snap hello] Channelmaps were successfully updated.',
        '[snap hello] Moved latest/stable (amd64): 1 -> 2, version 1.0 -> 2.0',
        ...NEEDS,
      ),
    );
    expect((await cli.run('list-pushed-snaps')).stdout).toMatch(/^Name +Stores +.*\nhello +main +[^\n]*\n$/);
    expect(await cli.run('set-store', 'hello', 'main', '--private')).toEqual(
      said('[snap hello] Store: main, private'),
    );
    expect(await listed()).toMatchObject([{ store: 'main', snaps: [{ name: 'hello', private: true }] }]);
    await expectRefusals([
      [
        ['remove-store', 'main'],
        'cannot remove store "main": it has snaps (hello); move them with set-store',
      ],
    ]);
    expect(await cli.run('set-store', 'hello', '--public')).toEqual(said('[snap hello] Store: ubuntu'));
    expect(await cli.run('set-store', 'hello', '--public', '--json')).toEqual(
      said(
        '{',
        '  "name": "hello",',
        '  "store": "ubuntu",',
        '  "private": false,',
        '  "changed": false',
        '}',
      ),
    );
    expect((await cli.run('list-pushed-snaps')).stdout).toMatch(
      /^Name +Stores +.*\nhello +ubuntu +[^\n]*\n$/,
    );
  });

  it('stays where it is after an invalid command', async () => {
    await expectRefusals([
      [['push-snap', await pair('later'), '--store', 'gone'], 'store "gone" does not exist'],
      [['set-store', 'hello'], 'cannot set the store of "hello": give either a store id or --public'],
      [['set-store', 'hello', 'main', '--public'], 'give either a store id or --public'],
      [['set-store', 'hello', '--public', '--private'], 'a private snap needs a brand store'],
      [['set-store', 'gone', 'main'], 'the store holds no snap of that name'],
      [['set-store', 'hello', 'gone'], 'store "gone" does not exist'],
    ]);
  });
});

describe('push-store', () => {
  it('adds stores from an assertion file', async () => {
    const path = join(directory, 'stores.assert');
    writeFileSync(path, encodeStream([operator.rootAccount, storeAssertion('plain', 'operator')]));
    expect(await cli.run('push-store', path)).toEqual(
      said('Added 1 newer assertion.', 'Pushing store plain', '[store plain] Brand: operator (added)'),
    );
    expect(await cli.run('push-store', path)).toEqual(
      said(
        'Nothing changed: the store already holds all of it.',
        'Pushing store plain',
        '[store plain] Brand: operator (unchanged)',
      ),
    );
  });

  it('moves new snaps of its brand into a store, and no others', async () => {
    const secret = publisher.snap({ name: 'secret', revision: 1 });
    const path = await exportOf('export.tar.gz', [storeAssertion('acme-main')], [secret]);
    const { status, stdout, stderr } = await cli.run('push-store', path, '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      changed: true,
      stores: [{ store: 'acme-main', 'brand-id': PUBLISHER_ID, parent: null, outcome: 'added' }],
      snaps: [{ name: 'secret', store: 'acme-main' }],
    });
    await cli.run('set-store', 'secret', '--public');
    const again = await cli.run('push-store', path);
    expect(again.status).toBe(0);
    expect(again.stdout).not.toContain('[snap secret] Store');
    const others = await exportOf(
      'others.tar.gz',
      [storeAssertion('operators', 'operator')],
      [publisher.snap({ name: 'of-acme', revision: 1 })],
    );
    expect((await cli.run('push-store', others)).status).toBe(0);
    expect((await cli.run('list-pushed-snaps')).stdout).toMatch(/of-acme +ubuntu +\d/);
  });

  it('requires --store if the archive has several stores', async () => {
    const two = [storeAssertion('two-main'), storeAssertion('two-devices')];
    const path = await exportOf('two.tar.gz', two, [publisher.snap({ name: 'of-two', revision: 1 })]);
    await expectRefusals([
      [['push-store', path], 'it contains the stores two-main, two-devices: use --store to name the one'],
    ]);
    expect((await cli.run('push-store', path, '--store', 'two-main')).stdout).toContain(
      '[snap of-two] Store: two-main\n',
    );
  });

  it('requires no --store without a snap, and a dry run changes nothing', async () => {
    const two = [storeAssertion('bare-main'), storeAssertion('bare-devices')];
    const path = await exportOf('bare.tar.gz', two, []);
    const before = await state();
    const dry = await cli.run('push-store', '--dry-run', path);
    expect([dry.status, dry.stdout]).toEqual([
      0,
      expect.stringMatching(/\nWould push store bare-main\nWould push store bare-devices\n$/) as string,
    ]);
    expect(await state()).toEqual(before);
    expect((await cli.run('push-store', path)).stdout).toContain('Pushing store bare-devices\n');
  });

  it('refuses input without a store', async () => {
    await expectRefusals([
      [
        ['push-snap', '--store', 'nosuch', await pair('nothing')],
        'nothing_1.snap: store "nosuch" does not exist',
      ],
      [['push-store', await pair('nothing')], 'it contains no store assertion: add the store with add-store'],
    ]);
    const forger = new TestStoreStack({ authorityId: 'forger', hasOneKey: true });
    const forged = forger.store({ store: 'forged', operatorId: PUBLISHER_ID });
    await expectRefusals([[['push-store', await exportOf('forged.tar.gz', [forged], [])], 'store/forged']]);
  });
});
