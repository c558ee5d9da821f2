import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { INPUT_FORMS, writeArchive, writeBytes, writeForm } from '../support/input-forms.js';
import { imageOf, oddSnap, type OddSnap, type OddTestSnap } from '../support/odd-snap.js';
import { expectRefused, type Refusal } from '../support/refusal.js';
import { StoreApp } from '../support/store-app.js';
import { TestStoreStack } from '../support/store-stack.js';
import { partsOf, snapIdOf, TestPublisher } from '../support/test-snaps.js';

let store: StoreApp;
const stack = new TestStoreStack({ authorityId: 'odd-root' });
const good = oddSnap(stack, { name: 'odd' });

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(stack.trusted());
  // If the store is not empty, a change by a refusal is easier to see.
  await store.push(
    await writeForm(store.directory, 'pair', oddSnap(stack, { name: 'present', revision: 5 })),
  );
});
afterAll(() => store.stop());

function flipBit(snap: OddTestSnap, at: number): OddTestSnap {
  const bytes = Buffer.from(snap.bytes);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return { ...snap, bytes };
}

describe.each(INPUT_FORMS)('%s', (form) => {
  const expectRefusedForm = async (snap: OddTestSnap, refusal: Refusal, assertions = snap.assertions) =>
    await expectRefused(store, await writeForm(store.directory, form, snap, assertions), refusal);

  it.each([
    ['middle', good.bytes.length >> 1],
    ['last byte', good.bytes.length - 1],
  ])('refuses a snap with one bit changed: %s', async (_, at) => {
    await expectRefusedForm(flipBit(good, at), { code: 'invalid-bundle', says: 'snap odd revision 1: ' });
  });

  it('refuses a snap with one bit changed: first byte', async () => {
    // By its first bytes, the file of the pair is not a snap any more; in an archive, the digest differs.
    const says = form === 'pair' ? 'neither a snap' : 'snap odd revision 1: ';
    await expectRefusedForm(flipBit(good, 0), { code: 'invalid-bundle', says });
  });

  it.each([
    ['snap-declaration', good.declaration, 'missing snap-declaration 16/odd'],
    ['snap-revision', good.snapRevision, 'no verified snap-revision'],
  ])('refuses a snap whose %s is missing', async (name, missing, says) => {
    const kept = good.assertions.filter((assertion) => assertion !== missing);
    await expectRefusedForm(
      good,
      { code: name === 'snap-revision' ? 'invalid-bundle' : 'invalid-assertion', says },
      kept,
    );
  });

  it('refuses a snap whose account-key is missing', async () => {
    const snap = oddSnap(stack, { name: 'odd', key: { name: 'never-sent' } });
    const says = `missing account-key ${snap.accountKey.primaryKey[0]}`;
    const kept = snap.assertions.filter((assertion) => assertion !== snap.accountKey);
    await expectRefusedForm(snap, { code: 'invalid-assertion', says }, kept);
  });

  it('refuses a snap whose account is missing', async () => {
    // The store already has the usual publisher's account.
    const publisher = { 'publisher-id': 'unheard-of' };
    const snap = oddSnap(stack, { name: 'odd', declaration: publisher });
    await expectRefusedForm(snap, { code: 'invalid-assertion', says: 'missing account unheard-of' });
  });

  it('refuses a chain that ends at an unknown root', async () => {
    const stranger = new TestPublisher().snap({ name: 'odd', revision: 1 });
    await expectRefused(store, await writeForm(store.directory, form, stranger), {
      code: 'invalid-assertion',
      says: 'missing account-key',
    });
  });

  const NAME = 'odd';
  const inNames = 'snap odd revision 1';
  it.each<[string, Omit<OddSnap, 'name'>, Refusal]>([
    [
      'an expired key',
      { key: { name: 'expired', until: '2026-02-01T00:00:00Z' } },
      { code: 'invalid-assertion', says: 'is not valid now' },
    ],
    [
      'a key of another account',
      { key: { name: 'foreign', 'account-id': 'odd-publisher' } },
      {
        code: 'invalid-assertion',
        says: /its authority is odd-root, .* belongs to odd-publisher/,
      },
    ],
    [
      'a time before the key is valid',
      { snapRevision: { timestamp: '2025-12-31T23:59:59Z' } },
      { code: 'invalid-assertion', says: 'its timestamp is outside the validity of the key' },
    ],
    [
      'another name in snap.yaml',
      { snapYaml: 'name: other\nversion: "1"\n' },
      { code: 'invalid-bundle', says: `${inNames}: the file says that it is "other"` },
    ],
    [
      'a provenance that is not signed',
      { snapYaml: 'name: odd\nversion: "1"\nprovenance: elsewhere\n' },
      { code: 'invalid-bundle', says: `${inNames}: the file has provenance "elsewhere"` },
    ],
    [
      'a NUL in snap.yaml',
      { snapYaml: 'name: odd\nversion: "1"\nsummary: "a\\0b"\n' },
      { code: 'invalid-bundle', says: `${inNames}: its snap.yaml contains a string with a NUL` },
    ],
    [
      'an unpaired surrogate in snap.yaml',
      { snapYaml: 'name: odd\nversion: "1"\nlinks:\n  contact: ["\\ud800"]\n' },
      {
        code: 'invalid-snap',
        says: 'cannot read snap.yaml: line 4: an escape sequence is not a valid character',
      },
    ],
    [
      'a revoked declaration',
      { declaration: { 'snap-name': '' } },
      { code: 'invalid-bundle', says: `snap-id ${snapIdOf(NAME)}: its snap-declaration is revoked` },
    ],
    [
      'a name that another snap-id has',
      {
        snapYaml: 'name: present\nversion: "1"\n',
        declaration: { 'snap-name': 'present' },
      },
      { code: 'conflict', says: `the name already belongs to snap-id ${snapIdOf('present')}` },
    ],
    [
      'other bytes for an existing revision',
      {
        snapId: snapIdOf('present'),
        revision: 5,
        snapYaml: 'name: present\nversion: "other"\n',
        declaration: { revision: '1', 'snap-name': 'present' },
      },
      { code: 'conflict', says: 'snap present revision 5: another file of this revision exists' },
    ],
    [
      'an image without snap.yaml',
      { bytes: imageOf('').subarray(0, 2_000) },
      { code: 'invalid-snap', says: inNames },
    ],
  ])('refuses %s', async (_, odd, refusal) => {
    await expectRefusedForm(oddSnap(stack, { name: NAME, ...odd }), refusal);
  });
});

describe('correctly signed bytes that are not a snap', () => {
  it.each(['bundle with manifest', 'foreign archive'] as const)('%s', async (form) => {
    const snap = oddSnap(stack, { name: 'odd', bytes: Buffer.from('not a snap at all\n'.repeat(500)) });
    await expectRefused(store, await writeForm(store.directory, form, snap), {
      code: 'invalid-snap',
      says: 'snap odd revision 1',
    });
  });

  it('pair', async () => {
    const bytes = Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(5_000, 7)]);
    await expectRefused(
      store,
      await writeForm(store.directory, 'pair', oddSnap(stack, { name: 'odd', bytes })),
      {
        code: 'invalid-snap',
        says: 'snap odd revision 1',
      },
    );
  });
});

describe('within one archive', () => {
  const one = oddSnap(stack, { name: 'odd' });
  it('refuses two files for one revision', async () => {
    const other = oddSnap(stack, { name: 'odd', snapYaml: 'name: odd\nversion: "twice"\n' });
    const parts = [
      ...partsOf([one]),
      { name: 'x/a.assert', bytes: encodeStream([other.snapRevision]) },
      { name: 'x/odd_1.snap', bytes: other.bytes },
    ];
    await expectRefused(store, await writeArchive(store.directory, parts), {
      code: 'conflict',
      says: 'snap odd revision 1: another file of this revision exists',
    });
  });

  it('refuses two snap-ids that claim one name', async () => {
    const other = oddSnap(stack, { name: 'odd', revision: 2, snapId: snapIdOf('other') });
    await expectRefused(store, await writeArchive(store.directory, partsOf([one, other])), {
      code: 'conflict',
      says: 'the name already belongs to snap-id',
    });
  });
});

describe('an invalid input', () => {
  const refusal = (says: string): Refusal => ({ code: 'invalid-bundle', says });

  it('refuses a directory, a missing file and a pipe', async () => {
    const folder = join(store.directory, 'folder.snap');
    await mkdir(folder);
    await expectRefused(store, folder, refusal('it is a folder'));
    await expectRefused(store, join(store.directory, 'absent.snap'), refusal('there is no such file'));
    const pipe = join(store.directory, 'pipe.snap');
    execFileSync('mkfifo', [pipe]);
    await expectRefused(store, pipe, refusal('it is a pipe: give - to read the standard input'));
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'it is empty'],
    ['a text file', Buffer.from('hello\n'), 'it is neither a snap'],
    ['zeros', Buffer.alloc(20_000), 'it starts with zeros only'],
  ])('refuses %s', async (_, bytes, says) => {
    await expectRefused(store, await writeBytes(store.directory, bytes, '.snap'), refusal(says));
  });

  it('refuses only assertions, as a file and in an archive', async () => {
    const stream = encodeStream(good.assertions);
    await expectRefused(
      store,
      await writeBytes(store.directory, stream, '.assert'),
      refusal('only assertions'),
    );
    const archive = await writeArchive(store.directory, [{ name: 'a.assert', bytes: stream }]);
    await expectRefused(store, archive, refusal('it contains no snap'));
  });

  it('refuses an empty archive, and gzip content that is not a tar', async () => {
    await expectRefused(store, await writeArchive(store.directory, []), refusal('it contains no snap'));
    const file = await writeBytes(store.directory, gzipSync(Buffer.from('no tar')), '.tar.gz');
    await expectRefused(store, file, refusal('the archive is cut off or damaged'));
  });

  it('refuses a snap of any name without its assertions', async () => {
    const folder = join(store.directory, 'alone');
    await mkdir(folder);
    const alone = await writeBytes(folder, good.bytes, '.snap');
    await expectRefused(store, alone, refusal('its assertions are missing'));
    const renamed = await writeBytes(folder, good.bytes, '.bin');
    await expectRefused(store, renamed, refusal('its assertions are missing'));
  });

  it('prints one line even if a name has several', async () => {
    await expectRefused(store, join(store.directory, 'two\nlines.snap'), refusal('two\\nlines.snap'));
    const path = join(store.directory, 'alone', 'a\nb.snap');
    await writeFile(path, good.bytes);
    await expectRefused(store, path, refusal('its assertions are missing'));
  });
});

it('accepts the same snap if it is valid', async () => {
  expect(await store.push(await writeForm(store.directory, 'foreign archive', good))).toMatchObject({
    changed: true,
  });
});
