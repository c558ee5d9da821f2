import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { manifestView } from '../../src/bundles/format/manifest.js';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { MAX_JSON_VALUES } from '../../src/common/limits.js';
import { jsonPart, withManifest, writeArchive } from '../support/input-forms.js';
import { expectRefused, type Refusal } from '../support/refusal.js';
import { setTarSize, TAR_BLOCK_BYTES } from '../support/sparse-tar.js';
import { StoreApp } from '../support/store-app.js';
import { type TarPart } from '../support/tar-file.js';
import { partsOf, TestPublisher } from '../support/test-snaps.js';

let store: StoreApp;
const publisher = new TestPublisher();
const snap = publisher.snap({ name: 'target', revision: 3 });
const good = partsOf([snap]);

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
  await store.push(
    await writeArchive(store.directory, partsOf([publisher.snap({ name: 'held', revision: 1 })])),
  );
});
afterAll(() => store.stop());

async function expectRefusedArchive(parts: readonly TarPart[], refusal: Refusal): Promise<void> {
  await expectRefused(store, await writeArchive(store.directory, parts), refusal);
}

const invalid = (says: string | RegExp): Refusal => ({ code: 'invalid-bundle', says });

describe('invalid entries', () => {
  it.each([
    ['../outside', '".." part'],
    ['a/../../outside', '".." part'],
    ['a/..', '".." part'],
    ['..', '".." part'],
    ['./../outside', '".." part'],
    ['/etc/passwd', 'absolute name'],
    ['//x', 'absolute name'],
    ['a//b', 'an empty'],
    ['a/./b', '"." or ".." part'],
    ['a\\b', 'backslash'],
    ['..\\b', 'backslash'],
    ['a\nb', 'control character'],
    ['a\u001bb', 'control character'],
    ['a\u007fb', 'control character'],
  ])('refuses the name %j', async (name, says) => {
    await expectRefusedArchive([...good, { name }], invalid(says));
    await expectRefusedArchive([{ name, header: { type: 'directory' } }, ...good], invalid(says));
  });

  it.each(['symlink', 'link', 'character-device', 'block-device', 'fifo'] as const)(
    'refuses a %s',
    async (type) => {
      const header = { type, linkname: '/etc/passwd', devmajor: 1, devminor: 3 };
      await expectRefusedArchive([...good, { name: 'odd', header }], invalid(`entry "odd" is a ${type}`));
      await expectRefusedArchive(
        [{ name: 'odd.snap', header }, ...good],
        invalid(`entry "odd.snap" is a ${type}`),
      );
    },
  );

  it('refuses a duplicate name in any spelling', async () => {
    await expectRefusedArchive([...good, ...good], invalid('appears twice'));
    await expectRefusedArchive(
      [...good, { name: `./${good[1]?.name}`, bytes: snap.bytes }],
      invalid('appears twice'),
    );
  });

  it.each([
    ['too large', '77777777777'],
    ['slightly too small', '00000000777'],
    ['not a number', 'zzzzzzzzzzz'],
  ])('refuses a header whose size is %s', async (_, octal) => {
    const path = await writeArchive(store.directory, good, false);
    const bytes = await readFile(path);
    const start = bytes.indexOf(good[1]?.name ?? '');
    setTarSize(bytes.subarray(start, start + TAR_BLOCK_BYTES), octal);
    await writeFile(path, bytes);
    await expectRefused(store, path, invalid(/cut off or damaged|no verified snap-revision/));
  });
});

describe('a violated manifest', () => {
  const manifest = (files: readonly unknown[], more: object = {}) =>
    jsonPart('manifest.json', {
      format: 1,
      'created-at': '2026-06-01T00:00:00Z',
      source: 't',
      files,
      snaps: [],
      ...more,
    });
  const promise = ({ name, bytes = Buffer.alloc(0) }: TarPart, more: object = {}) => ({
    path: name,
    size: bytes.length,
    'sha3-384': sha3_384(bytes).toString('hex'),
    ...more,
  });
  const promised = good.map((part) => promise(part));

  it.each<[string, TarPart, RegExp]>([
    [
      'lists a file that is missing',
      manifest([...promised, promise({ name: 'gone.assert' })]),
      /gone\.assert is missing/,
    ],
    [
      'lists a missing file with a newline',
      manifest([...promised, promise({ name: 'a\nb' })]),
      /a\\nb is missing/,
    ],
    ['does not list the snap', manifest(promised.slice(0, 1)), /target_3\.snap is not in its manifest/],
    ['does not list the assertions', manifest(promised.slice(1)), /\.assert is not in its manifest/],
    [
      'has another digest',
      manifest(good.map((part) => promise(part, { 'sha3-384': 'ab'.repeat(48) }))),
      /does not match its manifest/,
    ],
    [
      'has another size',
      manifest(good.map((part) => promise(part, { size: 1 }))),
      /does not match its manifest/,
    ],
    [
      'has an invalid digest',
      manifest(good.map((part) => promise(part, { 'sha3-384': 'xyz' }))),
      /an invalid digest for /,
    ],
    ['has a negative size', manifest(good.map((part) => promise(part, { size: -1 }))), /without path, size/],
    ['lists a string', manifest(['a']), /lists a file that is not an object/],
    ['has no files', jsonPart('manifest.json', { format: 1 }), /is not a bundle manifest/],
    ['has no date', manifest(promised, { 'created-at': 'soon' }), /has no valid created-at/],
    [
      'is not JSON',
      { name: 'manifest.json', bytes: Buffer.from('{"format": 1,') },
      /manifest\.json is not JSON/,
    ],
    [
      'is not UTF-8',
      { name: 'manifest.json', bytes: Buffer.from([0x22, 0xff, 0x22]) },
      /manifest\.json is not JSON/,
    ],
  ])('refuses one that %s', async (_, first, says) => {
    await expectRefusedArchive([first, ...good], invalid(says));
  });

  it('refuses a newer format, also a very long one', async () => {
    await expectRefusedArchive([manifest(promised, { format: 3 }), ...good], {
      code: 'unsupported',
      says: 'has format 3; this program reads formats 1 and 2',
    });
    await expectRefusedArchive([manifest(promised, { format: 'x'.repeat(10_000) }), ...good], {
      code: 'unsupported',
      says: 'has format "xxx',
    });
    await expectRefusedArchive([manifest(promised, { format: undefined }), ...good], {
      code: 'unsupported',
      says: 'has format none',
    });
  });

  it.each(['README', 'extra.json', 'extra.assert', 'deep/extra.bin'])(
    'refuses %s that it does not list',
    async (name) => {
      const bytes = name.endsWith('.json') ? Buffer.from('{}') : encodeStream([publisher.account]);
      await expectRefusedArchive(
        [...withManifest(good), { name, bytes }],
        invalid(`${name} is not in its manifest`),
      );
    },
  );

  it('refuses a snap that is neither listed nor signed by an assertion', async () => {
    const extra = publisher.snap({ name: 'extra', revision: 1, padding: Buffer.alloc(9_000, 1) });
    await expectRefusedArchive(
      [...withManifest(good), { name: 'extra.snap', bytes: extra.bytes }],
      invalid('extra.snap'),
    );
  });

  it('refuses a bundle without files', async () => {
    const bytes = manifestView({ createdAt: new Date(0), source: '', files: [] }, []);
    await expectRefusedArchive([{ name: 'manifest.json', bytes }], invalid('it contains no snap'));
  });
});

describe('unsigned documents that contradict signed ones', () => {
  const release = { architecture: 'amd64', name: 'stable', revision: 3 };
  const map = (more: object, one: object = release) => ({
    'snap-id': snap.snapId,
    name: 'target',
    'channel-map': [one],
    ...more,
  });
  const metadata = (more: object) => ({
    'snap-id': snap.snapId,
    name: 'target',
    snap: { title: 'T', publisher: { id: 'acme' }, ...more },
  });
  const where = 'snap target';

  it.each<[string, object, string]>([
    [
      'a channel map for another architecture',
      map({}, { ...release, architecture: 'riscv64' }),
      `${where} revision 3: its channel map offers it to riscv64`,
    ],
    [
      'a channel map of another snap-id',
      map({ 'snap-id': 'z'.repeat(32) }),
      `${where}: its channel map names another snap-id`,
    ],
    ['a channel map of another name', map({ name: 'other' }), `${where}: its channel map names another snap`],
    [
      'a description of another snap-id',
      { ...metadata({}), 'snap-id': 'z'.repeat(32) },
      `${where}: its metadata has snap-id`,
    ],
    [
      'a description of another name',
      { ...metadata({}), name: 'other' },
      `${where}: its metadata has name "other"`,
    ],
    [
      'a description of another publisher',
      metadata({ publisher: { id: 'mallory' } }),
      `${where}: its metadata has publisher "mallory"`,
    ],
    ['a string with a NUL', metadata({ title: 'a\0b' }), 'd.json contains a string with a NUL'],
    [
      'a string with an unpaired surrogate',
      metadata({ links: { '\ud800': ['x'] } }),
      'd.json contains a string with a NUL or an unpaired',
    ],
    [
      'a release without a revision',
      map({}, { ...release, revision: 0 }),
      'd.json has a release without a revision',
    ],
    [
      'a release without a channel',
      map({}, { ...release, name: undefined }),
      'd.json has a release without a channel',
    ],
    [
      'a release that is not an object',
      map({ 'channel-map': [1] }),
      'd.json has a release that is not an object',
    ],
    [
      'a release with an invalid time',
      map({}, { ...release, 'released-at': 'x' }),
      'd.json has an invalid release time',
    ],
    [
      'a release to an invalid architecture',
      map({}, { ...release, architecture: '../x' }),
      'd.json has a release without an architecture',
    ],
  ])('refuses %s', async (_, document, says) => {
    const parts = [jsonPart('d.json', document), ...good];
    await expectRefusedArchive(parts, invalid(says));
    await expectRefusedArchive(withManifest(parts), invalid(says));
    // A correct document before it hides nothing.
    await expectRefusedArchive(
      [jsonPart('a.json', map({})), jsonPart('b.json', metadata({})), ...parts],
      invalid(says),
    );
  });

  it('refuses a release to an invalid channel', async () => {
    const parts = [jsonPart('d.json', map({}, { ...release, name: 'a/b/c/d' })), ...good];
    await expectRefusedArchive(parts, { code: 'invalid-channel', says: 'a/b/c/d' });
  });

  it('refuses invalid JSON', async () => {
    await expectRefusedArchive(
      [{ name: 'd.json', bytes: Buffer.from('[') }, ...good],
      invalid('d.json is not JSON'),
    );
    await expectRefusedArchive(
      [{ name: 'd.json', bytes: Buffer.from('['.repeat(MAX_JSON_VALUES - 1)) }, ...good],
      invalid('d.json is not JSON'),
    );
  });
});

it('accepts the archive if it is valid', async () => {
  expect(await store.push(await writeArchive(store.directory, withManifest(good)))).toMatchObject({
    changed: true,
  });
});
