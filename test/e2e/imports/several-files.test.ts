import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { MAX_NEIGHBOURS } from '../../../src/bundles/reading/neighbours.js';
import { NO_PROGRESS } from '../../../src/common/terminal/progress.js';
import { AckService, type AckResult } from '../../../src/imports/ack.service.js';
import {
  ImportBatchService,
  pushSummary,
  type FileOutcome,
} from '../../../src/imports/import-batch.service.js';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import { StoreStack } from '../../../src/sandbox/store-stack.js';
import { StoreApp } from '../../support/store-app.js';
import { componentFile, TestPublisher, writePair, writeWithComponents } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

interface Pushed {
  readonly outcomes: readonly FileOutcome[];
  readonly notes: readonly string[];
}

async function push(paths: readonly string[], dryRun = false): Promise<Pushed> {
  const notes: string[] = [];
  const outcomes = await store.app.get(ImportBatchService).push(
    paths.map((path) => ({ shown: path, path })),
    { channels: [{ track: 'latest', risk: 'stable' }], pushChannelMap: false, dryRun },
    { progress: () => NO_PROGRESS, onOutcome: () => undefined, onNote: (line) => notes.push(line) },
  );
  return { outcomes, notes };
}

async function ack(paths: readonly string[]): Promise<AckResult> {
  return await store.app.get(AckService).ackAll(paths.map((path) => ({ shown: path, path })));
}

function folder(name: string): string {
  const path = join(store.directory, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function write(path: string, assertions: readonly Assertion[]): string {
  writeFileSync(path, encodeStream(assertions));
  return path;
}

async function pushedNames(): Promise<string[]> {
  return (await store.app.get(InventoryService).list()).map(({ name }) => name);
}

const errorsOf = (outcomes: readonly { error?: { message: string } }[]): (string | undefined)[] =>
  outcomes.map(({ error }) => error?.message);

describe('a folder', () => {
  it('stands for all files in it and below, and ignores the other files of a stick', async () => {
    const stick = folder('stick');
    await writePair(join(stick, 'a'), publisher.snap({ name: 'on-a-stick', revision: 1 }));
    const deep = await writePair(join(stick, 'b/c'), publisher.snap({ name: 'deep-on-it', revision: 1 }));
    for (const side of ['System Volume Information', 'lost+found', '.Trashes', '__MACOSX'])
      writeFileSync(join(folder(`stick/${side}`), 'x.snap'), 'not a snap');
    for (const side of ['.DS_Store', '._deep-on-it_1.snap', 'Thumbs.db', 'deep_1.snap:Zone.Identifier'])
      writeFileSync(join(stick, 'b/c', side), 'side');
    writeFileSync(join(stick, 'holiday.jpg'), Buffer.from('ffd8ffe0', 'hex'));
    // Such as the install package of this program, and a personal archive.
    write(join(stick, 'proxy.assert.txt'), publisher.stack.trusted());
    execFileSync(
      'sh',
      [
        '-c',
        'ln -s x link && tar -czf package.tar.gz proxy.assert.txt link && tar -cf own.tar holiday.jpg && rm link proxy.assert.txt',
      ],
      { cwd: stick },
    );
    symlinkSync(deep, join(stick, 'linked_1.snap'));
    symlinkSync(stick, join(stick, 'b/round'));
    const { outcomes, notes } = await push([stick]);
    expect(errorsOf(outcomes)).toEqual([undefined, undefined]);
    expect(outcomes.map(({ file }) => file)).toEqual([join(stick, 'a/on-a-stick_1.snap'), deep]);
    expect(await pushedNames()).toEqual(expect.arrayContaining(['on-a-stick', 'deep-on-it']));
    expect(notes).toEqual([
      `ignored 3 files that contain nothing for a store, such as ${join(stick, 'holiday.jpg')}`,
      'did not follow 2 symbolic links',
    ]);
  });

  it('with an archive that is cut off at its beginning is an error', async () => {
    const stick = folder('cut-stick');
    await writePair(stick, publisher.snap({ name: 'beside-a-cut', revision: 1 }));
    execFileSync('sh', ['-c', 'tar -cz *.snap | head -c 100 > bundle.tar.gz'], { cwd: stick });
    expect(errorsOf((await push([stick])).outcomes)).toEqual([
      undefined,
      expect.stringMatching(/bundle\.tar\.gz: the archive is cut off or damaged/),
    ]);
  });

  it('can have its snaps and assertions in different folders', async () => {
    const parts = folder('parted');
    const snap = await writePair(parts, publisher.snap({ name: 'parted', revision: 1 }));
    renameSync(snap, join(folder('parted/snaps'), basename(snap)));
    const assert = snap.replace(/\.snap$/, '.assert');
    renameSync(assert, join(folder('parted/asserts'), basename(assert)));
    expect(errorsOf((await push([parts])).outcomes)).toEqual([undefined]);
    expect(await pushedNames()).toContain('parted');
  });

  it('of assertions is accepted by ack, which ignores snaps', async () => {
    const mixed = folder('mixed');
    await writePair(mixed, publisher.snap({ name: 'ack-folder', revision: 1 }));
    const { outcomes } = await ack([mixed]);
    expect(outcomes).toMatchObject([
      {
        file: join(mixed, 'ack-folder_1.assert'),
        acknowledged: [{ added: false }, { added: false }, { added: true }, { added: true }],
      },
    ]);
    expect(await pushedNames()).not.toContain('ack-folder');
  });

  it('with nothing for a store is refused', async () => {
    const empty = folder('empty');
    await expect(push([empty])).rejects.toThrow(`cannot push ${empty}: there is no snap in it`);
    await expect(ack([empty])).rejects.toThrow(`cannot add ${empty}: there is no assertion file in it`);
  });
});

describe('files are found under any name', () => {
  it.each([
    ['UPPER CASE', 'RENAMED_1.SNAP', 'RENAMED_1.ASSERT'],
    ['a second download', 'renamed_1 (1).snap', 'renamed_1 (1).assert'],
    ['a second copy', 'renamed_1 (2).snap', 'renamed_1.assert'],
    ['both suffixes', 'renamed_1.snap', 'renamed_1.snap.assert'],
    ['no suffix', 'renamed', 'its-assertions'],
    ['short names of a FAT stick', 'RENAME~1.SNA', 'RENAME~1.ASS'],
  ])('%s', async (what, snapName, assertName) => {
    const name = `renamed-${what.toLowerCase().replaceAll(' ', '-')}`;
    const directory = folder(name);
    const snap = await writePair(directory, publisher.snap({ name, revision: 1 }));
    renameSync(snap.replace(/\.snap$/, '.assert'), join(directory, assertName));
    renameSync(snap, join(directory, snapName));
    expect(errorsOf((await push([join(directory, snapName)])).outcomes)).toEqual([undefined]);
    expect(await pushedNames()).toContain(name);
  });

  it('up to a limit of files', async () => {
    const directory = folder('crowded');
    const snap = await writePair(directory, publisher.snap({ name: 'crowded', revision: 1 }));
    renameSync(snap.replace(/\.snap$/, '.assert'), join(directory, 'b'));
    renameSync(snap, join(directory, 'c'));
    for (let at = 1; at < MAX_NEIGHBOURS; at += 1) writeFileSync(join(directory, `a${at}`), '');
    expect(errorsOf((await push([join(directory, 'c')], true)).outcomes)).toEqual([undefined]);
    writeFileSync(join(directory, 'a'), '');
    expect(errorsOf((await push([join(directory, 'c')], true)).outcomes)).toEqual([
      expect.stringContaining('its assertions are missing'),
    ]);
  });

  it('also components', async () => {
    const name = 'renamed-component';
    const directory = folder(name);
    const snap = publisher.snap({ name, revision: 1, yaml: 'components: {docs: {type: test}}\n' });
    const docs = publisher.component(snap, {
      name: 'docs',
      revision: 3,
      type: 'test',
      padding: Buffer.alloc(9_000, 7),
    });
    const path = await writeWithComponents(directory, snap, [docs]);
    renameSync(join(directory, componentFile(snap, docs)), join(directory, 'DOCS'));
    expect((await push([path])).outcomes[0]?.report?.snaps).toMatchObject([
      { name, components: [{ name: 'docs', revision: 3 }] },
    ]);
  });

  it('also in an archive', async () => {
    const name = 'renamed-in-tar';
    const directory = folder(name);
    const snap = await writePair(directory, publisher.snap({ name, revision: 1 }));
    renameSync(snap, join(directory, 'FILE'));
    renameSync(snap.replace(/\.snap$/, '.assert'), join(directory, 'OTHER'));
    execFileSync('tar', ['-cf', 'x.tar', 'FILE', 'OTHER'], { cwd: directory });
    renameSync(join(directory, 'x.tar'), join(directory, 'x.snap'));
    expect(errorsOf((await push([join(directory, 'x.snap')])).outcomes)).toEqual([undefined]);
    expect(await pushedNames()).toContain(name);
  });
});

describe('several files are one batch', () => {
  const others = new TestPublisher('-b');
  const third = new TestPublisher('-c');
  const fourth = new TestPublisher('-d');
  /** Each of these files needs another one, in any order. */
  function scattered(name: string): { bytes: Buffer; parts: Assertion[] } {
    const snap = others.snap({ name, revision: 1 });
    return { bytes: snap.bytes, parts: [...snap.assertions].toReversed() };
  }

  beforeAll(async () => {
    const roots = [publisher, others, third, fourth].flatMap((one) => one.stack.trusted());
    await store.trust(roots);
    await store.heard();
  });

  it('so that ack finds a key in a later file, and two files can need each other', async () => {
    const directory = folder('mutual');
    const [revision, declaration, account, key] = scattered('mutual').parts as [
      Assertion,
      Assertion,
      Assertion,
      Assertion,
    ];
    const first = write(join(directory, 'a.assert'), [revision, account]);
    const second = write(join(directory, 'b.assert'), [declaration, key]);
    const { outcomes } = await ack([first, second]);
    expect(
      outcomes.map(({ file, acknowledged, error }) => [file, error, acknowledged.map(({ added }) => added)]),
    ).toEqual([
      [first, undefined, [true, true]],
      [second, undefined, [true, true]],
    ]);
  });

  it.each([true, false])(
    'so that a pair finds its missing assertions in the stream of another (dry run: %s)',
    async (dryRun) => {
      const directory = folder(`helped-${dryRun}`);
      const poor = third.snap({ name: `poor-${dryRun}`, revision: 1 });
      const rich = third.snap({ name: `rich-${dryRun}`, revision: 1 });
      const withoutKeys = poor.assertions.filter(({ type }) => !type.name.startsWith('account'));
      const paths = [
        await writePair(directory, poor, withoutKeys),
        await writePair(directory, rich, rich.assertions),
      ];
      expect(errorsOf((await push([paths[0] ?? '', paths[1] ?? ''], dryRun)).outcomes)).toEqual([
        undefined,
        undefined,
      ]);
      const names = await pushedNames();
      expect([names.includes(poor.name), names.includes(rich.name)]).toEqual([!dryRun, !dryRun]);
    },
  );

  it('so that a file with only keys is used', async () => {
    const directory = folder('keys-apart');
    const snap = fourth.snap({ name: 'keys-apart', revision: 1 });
    const isKey = ({ type }: Assertion) => type.name.startsWith('account');
    const path = await writePair(
      directory,
      snap,
      snap.assertions.filter((one) => !isKey(one)),
    );
    const keys = write(join(directory, 'keys.assert'), snap.assertions.filter(isKey));
    const alone = await push([keys]);
    expect(errorsOf(alone.outcomes)).toEqual([expect.stringContaining('it contains only assertions')]);
    const { outcomes, notes } = await push([path, keys]);
    expect([errorsOf(outcomes), notes]).toEqual([
      [undefined],
      [expect.stringContaining(`${keys}: contains only assertions`)],
    ]);
  });
});

describe('an invalid file', () => {
  it('does not prevent the others from being pushed, and is named', async () => {
    const directory = folder('one-bad');
    const [first, bad, last] = (await Promise.all(
      ['fine-one', 'bad-one', 'fine-two'].map((name) =>
        writePair(directory, publisher.snap({ name, revision: 1 })),
      ),
    )) as [string, string, string];
    const bytes = readFileSync(bad);
    bytes[300] = (bytes[300] ?? 0) ^ 1;
    writeFileSync(bad, bytes);
    const gone = join(directory, 'gone.snap');
    const { outcomes } = await push([first, bad, gone, last]);
    expect(outcomes.map(({ file, report, error }) => [file, report?.changed, error?.message])).toEqual([
      [first, true, undefined],
      [bad, undefined, expect.stringMatching(new RegExp(`^cannot push ${bad}: .*digest differs$`))],
      [gone, undefined, `cannot push ${gone}: there is no such file`],
      [last, true, undefined],
    ]);
    expect(pushSummary(outcomes)).toBe(
      `2 of 4 files were not pushed (${bad}, ${gone}); the other 2 were pushed`,
    );
    expect(await pushedNames()).toEqual(expect.arrayContaining(['fine-one', 'fine-two']));
  });

  it('does not prevent ack from adding the others, even if it forges what they need', async () => {
    const directory = folder('forged');
    const { assertions } = publisher.snap({ name: 'genuine', revision: 1 });
    const stranger = new StoreStack({ authorityId: 'test-root' });
    const forged = stranger.account('acme');
    const bad = write(join(directory, 'a-forged.assert'), [forged]);
    const good = write(join(directory, 'b-good.assert'), assertions);
    const { outcomes } = await ack([bad, good]);
    expect(outcomes.map(({ file, error }) => [file, error?.message])).toEqual([
      [bad, expect.stringMatching(`^cannot add ${bad}: cannot verify account/acme: `)],
      [good, undefined],
    ]);
  });

  it('can be a changed copy of a trusted root whose original is in the store', async () => {
    const directory = folder('changed-root');
    const names: string[] = [];
    for (const root of publisher.stack.trusted()) {
      const text = root.bytes.toString('latin1');
      const changed = Buffer.from(text.replace(/(timestamp|since): 20(\d\d)/, '$1: 19$2'), 'latin1');
      expect(changed).not.toEqual(root.bytes);
      const path = join(directory, `${root.type.name}.assert`);
      writeFileSync(path, changed);
      names.push(path);
      const { outcomes } = await ack([path]);
      expect(errorsOf(outcomes)).toEqual([expect.stringContaining('it is a changed copy of a trusted root')]);
      expect(errorsOf((await ack([write(`${path}-original`, [root])])).outcomes)).toEqual([undefined]);
      const snap = publisher.snap({ name: `by-${root.type.name}`, revision: 1 });
      const pair = await writePair(directory, snap);
      writeFileSync(
        pair.replace(/\.snap$/, '.assert'),
        Buffer.concat([encodeStream(snap.assertions), Buffer.from('\n'), changed]),
      );
      expect(errorsOf((await push([pair])).outcomes)).toEqual([
        expect.stringContaining('changed copy of a trusted root'),
      ]);
    }
    expect(names).toHaveLength(2);
  });

  it('can be a snap that the operator built; the error says what to do with it', async () => {
    const directory = folder('built-here');
    const path = join(directory, 'mine_1.0_amd64.snap');
    writeFileSync(path, publisher.snap({ name: 'mine', revision: 1 }).bytes);
    expect(errorsOf((await push([path])).outcomes)).toEqual([
      expect.stringMatching(
        /its assertions are missing: .*mine_1\.0_amd64\.assert.*--dangerous.*A snap that you built/,
      ),
    ]);
  });
});
