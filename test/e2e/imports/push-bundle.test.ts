import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicKeyId } from '../../../src/assertions/format/keys.js';
import { MAX_SIGNATURE_FILE_BYTES, signManifest } from '../../../src/bundles/format/manifest-signature.js';
import { CatalogueService } from '../../../src/catalogue/catalogue.service.js';
import { parseChannel } from '../../../src/channels/channel.js';
import { generateRsaKey } from '../../../src/common/crypto/rsa-key.js';
import { bundleLines, dryRunLines, reportLines } from '../../../src/imports/import-report.js';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import { ReleasesService } from '../../../src/releases/releases.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { StatusService } from '../../../src/status/status.service.js';
import { bundleOf, type BundleOptions } from '../../support/bundle-writer.js';
import { writeArchive } from '../../support/input-forms.js';
import { expectRefused } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';
import { type TarPart } from '../../support/tar-file.js';
import { partsOf, TestPublisher, writePair, type TestSnap } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
const key = generateRsaKey(2_048);
const stranger = generateRsaKey(2_048);
let store: StoreApp;
let names = 0;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  await set('proxy.bundle.trusted-keys', JSON.stringify([pem]));
  // Otherwise the trusted key would make a signature required.
  await set('proxy.bundle.require-signature', 'false');
});
afterAll(() => store.stop());

async function set(name: string, value: string): Promise<void> {
  await store.app.get(SettingsService).set([[name, value]]);
}

function newSnap(revision = 5): TestSnap {
  names += 1;
  return publisher.snap({ name: `pushed-${names}`, revision });
}

const bundle = async (snaps: readonly TestSnap[], options: BundleOptions = {}) =>
  await writeArchive(store.directory, bundleOf(snaps, options));

/** Replaces the bytes of one entry. */
function replaced(parts: readonly TarPart[], name: string, bytes: Buffer): TarPart[] {
  return parts.map((part) => (part.name === name ? { ...part, bytes } : part));
}

const bytesOf = (parts: readonly TarPart[], name: string) =>
  parts.find((part) => part.name === name)?.bytes ?? Buffer.alloc(0);

describe('a signature', () => {
  it('by a trusted key is accepted, and the key is named', async () => {
    const report = await store.push(await bundle([newSnap()], { signingKey: key }));
    expect(report).toMatchObject({ changed: true, bundle: { signedBy: publicKeyId(key) } });
  });

  it('by this store’s own bundle key is accepted', async () => {
    const own = await StoreApp.start();
    try {
      await own.trust(publisher.stack.trusted());
      const file = await bundle([newSnap()], { signingKey: stranger });
      await expectRefused(own, file, { code: 'invalid-bundle', says: 'which this store does not trust' });
      const pem = createPublicKey(stranger).export({ type: 'spki', format: 'pem' }).toString();
      await own.app.get(SettingsService).set([['proxy.bundle.key.public', pem]]);
      expect(await own.push(file)).toMatchObject({ changed: true });
    } finally {
      await own.stop();
    }
  });

  it('by another key is refused with any settings', async () => {
    await expectRefused(store, await bundle([newSnap()], { signingKey: stranger }), {
      code: 'invalid-bundle',
      says: `its manifest is signed by key "${publicKeyId(stranger)}", which this store does not trust`,
    });
  });

  it('of another manifest is refused', async () => {
    const parts = bundleOf([newSnap()], { signingKey: key });
    const other = bytesOf(bundleOf([newSnap()], { signingKey: key }), 'manifest.sig');
    await expectRefused(store, await writeArchive(store.directory, replaced(parts, 'manifest.sig', other)), {
      code: 'invalid-bundle',
      says: `manifest.json does not match the signature of key ${publicKeyId(key)}`,
    });
  });

  it('is not valid for a changed channel map', async () => {
    const snap = newSnap();
    const parts = bundleOf([snap], { signingKey: key });
    const name = `${snap.name}/channel-map.json`;
    const changed = Buffer.from(bytesOf(parts, name).toString().replace('stable', 'edge'));
    await expectRefused(store, await writeArchive(store.directory, replaced(parts, name, changed)), {
      code: 'invalid-bundle',
      says: `${name} does not match its manifest`,
    });
  });

  it.each([
    ['bytes that are not JSON', Buffer.from('x'), 'manifest.sig is not JSON'],
    ['a value that is not an object', Buffer.from('1'), 'manifest.sig is not a signature'],
    ['another algorithm', Buffer.from('{"algorithm":"none"}'), 'is not signed with rsa-pkcs1v15-sha512'],
    [
      'a signature that is not base64',
      Buffer.from('{"algorithm":"rsa-pkcs1v15-sha512","signature":"ä"}'),
      'has no signature in base64',
    ],
    [
      'more bytes than the limit',
      Buffer.alloc(MAX_SIGNATURE_FILE_BYTES + 1),
      'manifest.sig is longer than 16384 bytes',
    ],
    ['as many bytes as the limit', Buffer.alloc(MAX_SIGNATURE_FILE_BYTES, ' '), 'manifest.sig is not JSON'],
  ])('with %s is refused', async (_, bytes, says) => {
    const parts = replaced(bundleOf([newSnap()], { signingKey: key }), 'manifest.sig', bytes);
    await expectRefused(store, await writeArchive(store.directory, parts), {
      code: bytes.length > MAX_SIGNATURE_FILE_BYTES ? 'too-large' : 'invalid-bundle',
      says,
    });
  });

  it('that does not follow the manifest is refused', async () => {
    const [manifest, signature, ...rest] = bundleOf([newSnap()], { signingKey: key });
    const parts = [manifest, ...rest, signature].filter((part) => part !== undefined);
    await expectRefused(store, await writeArchive(store.directory, parts), {
      code: 'invalid-bundle',
      says: 'manifest.sig does not follow manifest.json',
    });
  });
});

describe('if bundles must be signed', () => {
  beforeAll(() => set('proxy.bundle.require-signature', 'true'));
  afterAll(() => set('proxy.bundle.require-signature', 'false'));
  const says = 'it is not signed, and proxy.bundle.require-signature is true';

  it('an unsigned bundle is refused, also without its manifest', async () => {
    const snap = newSnap();
    await expectRefused(store, await bundle([snap]), { code: 'invalid-bundle', says });
    const parts = bundleOf([snap], { signingKey: key });
    await expectRefused(store, await writeArchive(store.directory, parts.slice(2)), {
      code: 'invalid-bundle',
      says,
    });
    await expectRefused(store, await writeArchive(store.directory, partsOf([snap])), {
      code: 'invalid-bundle',
      says,
    });
    await expectRefused(store, await writeArchive(store.directory, parts.slice(0, 1)), {
      code: 'invalid-bundle',
      says: /is missing|contains no snap/,
    });
  });

  it('a signed bundle is accepted, and also a pair, whose channels the operator names', async () => {
    expect(await store.push(await bundle([newSnap()], { signingKey: key }))).toMatchObject({ changed: true });
    expect(await store.push(await writePair(store.directory, newSnap()))).toMatchObject({ changed: true });
  });
});

it('if a key is trusted, bundles must be signed, unless a setting says otherwise', async () => {
  const one = await StoreApp.start();
  try {
    await one.trust(publisher.stack.trusted());
    const settings = one.app.get(SettingsService);
    const shown = async () =>
      (await settings.list()).find(({ key: name }) => name === 'proxy.bundle.require-signature')?.text;
    expect(await shown()).toBe('false');
    expect(await one.push(await bundle([newSnap()]))).toMatchObject({ changed: true });
    const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    await settings.set([['proxy.bundle.trusted-keys', JSON.stringify([pem])]]);
    expect(await shown()).toBe('true');
    expect((await one.app.get(StatusService).get()).stored).toMatchObject({ needsSignature: true });
    const file = await bundle([newSnap()]);
    await expectRefused(one, file, {
      code: 'invalid-bundle',
      says: 'it is not signed, and proxy.bundle.require-signature is true',
    });
    expect(await one.push(await bundle([newSnap()], { signingKey: key }))).toMatchObject({ changed: true });
    await settings.set([['proxy.bundle.require-signature', 'false']]);
    expect(await shown()).toBe('false');
    expect(await one.push(file)).toMatchObject({ changed: true });
  } finally {
    await one.stop();
  }
});

describe('a bundle with release times in the future', () => {
  const future = new Date('2099-01-01T00:00:00Z');
  const stable = async (name: string) => {
    const found = (await store.app.get(InventoryService).list()).find((snap) => snap.name === name);
    return found?.channels.map(({ revision, releasedAt }) => [revision, releasedAt < new Date()]);
  };
  const lower = (of: TestSnap) => publisher.snap({ name: of.name, revision: 1 });

  it('does not move a channel back without a signature, also if it is pushed again', async () => {
    const snap = newSnap(3);
    await store.push(await bundle([snap]));
    const file = await bundle([lower(snap)], { createdAt: future });
    for (const dryRun of [true, false, false]) {
      const report = await store.push(file, { dryRun });
      expect(report.snaps[0]?.channels).toMatchObject([{ from: 3, to: 1, outcome: 'kept' }]);
    }
    expect(await stable(snap.name)).toEqual([[3, true]]);
    expect((await store.push(file, { pushChannelMap: true })).snaps[0]?.channels).toMatchObject([
      { from: 3, to: 1, outcome: 'moved' },
    ]);
    // The release time was not accepted, so a later release is newer.
    expect(await stable(snap.name)).toEqual([[1, true]]);
  });

  it('without a signature, opens no branch or risk that would move devices back', async () => {
    const snap = newSnap(3);
    await store.push(await bundle([snap]));
    const report = await store.push(
      await bundle([lower(snap)], { createdAt: future, channels: ['latest/stable/fix', 'latest/edge'] }),
    );
    expect(report.snaps[0]?.channels).toMatchObject([
      { from: null, to: 1, outcome: 'kept' },
      { from: null, to: 1, outcome: 'kept' },
    ]);
    expect(reportLines(report).join('\n')).toContain(
      'latest/edge (amd64) stays empty: revision 1 is older than the revision that its devices get (use --push-channel-map to open it)',
    );
  });

  it('changes no default track without a signature', async () => {
    const snap = newSnap(3);
    const track = async () => (await store.app.get(CatalogueService).findById(snap.snapId))?.defaultTrack;
    const file = async (options: BundleOptions) => await bundle([snap], { defaultTrack: '1.0', ...options });
    await store.push(await bundle([snap]));
    await store.push(await file({}));
    expect(await track()).toBeNull();
    await store.push(await file({ signingKey: key }));
    expect(await track()).toBe('1.0');
  });

  it('with a signature, moves a channel back once, but not after a later decision of the operator', async () => {
    const snap = newSnap(3);
    await store.push(await bundle([snap], { signingKey: key }));
    const file = await bundle([lower(snap)], { createdAt: future, signingKey: key });
    expect((await store.push(file)).snaps[0]?.channels).toMatchObject([{ outcome: 'moved' }]);
    await store.app.get(ReleasesService).release({
      name: snap.name,
      revision: 3,
      channels: [parseChannel('stable')],
      architectures: [],
      until: undefined,
    });
    await store.heard();
    expect((await store.push(file)).snaps[0]?.channels).toMatchObject([{ from: 3, to: 1, outcome: 'kept' }]);
  });
});

describe('the age of a bundle', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  const push = async (day: number, source: string, snaps = [newSnap()], signingKey?: typeof key) =>
    (await store.push(await bundle(snaps, { createdAt: at(day), source, signingKey }))).bundle;

  it('is printed, with a warning if a newer bundle of the same source and snaps was pushed before', async () => {
    const [one, two, three] = [newSnap(), newSnap(), newSnap()];
    const seen = (day: number, ...snaps: { name: string }[]) => ({
      newerSeen: { createdAt: at(day), snaps: snaps.map(({ name }) => name).toSorted() },
    });
    const nothing = { newerSeen: undefined };
    expect(await push(10, 'https://a.example', [one])).toMatchObject(nothing);
    // The bundles of a fetch are pushed in any order: a bundle of other snaps is not older.
    expect(await push(9, 'https://a.example', [two])).toMatchObject(nothing);
    expect(await push(9, 'https://a.example', [one, three])).toMatchObject(seen(10, one));
    expect(await push(8, 'https://a.example', [one, two, three])).toMatchObject(seen(10, one, two, three));
    expect(await push(10, 'https://a.example', [one])).toMatchObject(nothing);
    expect(await push(1, 'https://b.example', [one])).toMatchObject(nothing);
    // Unsigned bundles do not count for signed ones.
    expect(await push(2, 'https://a.example', [one], key)).toMatchObject(nothing);
    const lines = bundleLines(
      'x',
      await store.push(await bundle([one], { createdAt: at(7), source: 'https://a.example' })),
      new Date(),
    );
    expect(lines[1]).toBe(
      `warning: x is older than a bundle from https://a.example that was pushed before: the one with ${one.name} was made 2026-01-10T00:00:00.000Z`,
    );
  });

  it('in the future is printed, and does not make later bundles old', async () => {
    const soon = new Date(Date.now() + 86_400_000 * 30);
    const file = await bundle([newSnap()], { createdAt: soon, source: 'https://c.example' });
    const report = await store.push(file);
    expect(bundleLines('x', report, new Date())).toContain(
      'warning: x was made in the future: check the clocks of both machines',
    );
    const next = await bundle([newSnap()], {
      createdAt: new Date(Date.now() + 60_000),
      source: 'https://c.example',
    });
    expect((await store.push(next)).bundle).toMatchObject({ newerSeen: undefined });
  });

  it.each([
    [0, 'made today'],
    [1, 'made 1 day ago'],
    [12, 'made 12 days ago'],
  ])('of %i days is printed in words', (days, words) => {
    const report = {
      bundle: { createdAt: at(1), source: 'https://a.example', signedBy: undefined, newerSeen: undefined },
    };
    const [line] = bundleLines('jq.tar.gz', report as never, at(1 + days));
    expect(line).toBe(`jq.tar.gz: ${words}, 2026-01-01T00:00:00.000Z, from https://a.example, not signed`);
  });
});

describe('a dry run', () => {
  it('reports exactly the changes of a push, and changes nothing', async () => {
    const [old, snap] = [newSnap(4), publisher.snap({ name: `pushed-${names}`, revision: 6 })];
    await store.push(await bundle([old]));
    const before = await store.state();
    const file = await bundle([old, snap], {
      channels: ['latest/stable', 'latest/edge'],
      source: 'https://d.example',
    });
    const dry = await store.push(file, { dryRun: true });
    expect(dryRunLines(dry)).toEqual([
      `[snap ${snap.name}] Snap blob and assertions for ${snap.name} revision 4 are already in the store`,
      `[snap ${snap.name}] Would upload snap blob and assertions for ${snap.name} revision 6`,
      `[snap ${snap.name}] Would move latest/stable (amd64): 4 -> 6, version 4.0 -> 6.0`,
      `[snap ${snap.name}] Would move latest/edge (amd64): empty -> 6, version 6.0`,
      `Would add 1 assertions and ${snap.sizeBytes} bytes of files, and remove nothing.`,
    ]);
    expect(await store.state()).toEqual(before);
    expect(await store.push(file)).toEqual({ ...dry, isDryRun: false });
    expect(dryRunLines(await store.push(file, { dryRun: true }))).toEqual([
      'Nothing would change: the store already holds all of it.',
    ]);
  });

  it('reports the channels that would stay, and those that --push-channel-map would move', async () => {
    const [snap, old] = [newSnap(9), publisher.snap({ name: `pushed-${names}`, revision: 8 })];
    await store.push(await bundle([snap]));
    const file = await bundle([old], { createdAt: new Date('2025-01-01T00:00:00Z') });
    expect(dryRunLines(await store.push(file, { dryRun: true })).join('\n')).toContain(
      'latest/stable (amd64) stays at revision 9: revision 8 is older',
    );
    expect(dryRunLines(await store.push(file, { dryRun: true, pushChannelMap: true }))).toContain(
      `[snap ${snap.name}] Would move latest/stable (amd64): 9 -> 8, version 9.0 -> 8.0`,
    );
  });

  it('refuses the same files as a push', async () => {
    const before = await store.state();
    await expect(
      store.push(await bundle([newSnap()], { signingKey: stranger }), { dryRun: true }),
    ).rejects.toThrow('which this store does not trust');
    expect(await store.state()).toEqual(before);
  });
});

describe('a bundle with left out files', () => {
  it('is accepted by a store that has them, and moves channels', async () => {
    const snap = newSnap();
    await store.push(await bundle([snap]));
    const report = await store.push(
      await bundle([snap], { leaveOut: [snap.revision], channels: ['latest/stable', 'latest/beta'] }),
    );
    expect(report.snaps).toMatchObject([
      {
        revisions: [{ revision: 5, outcome: 'present' }],
        channels: [{ outcome: 'unchanged' }, { channel: 'latest/beta', from: null, to: 5, outcome: 'moved' }],
      },
    ]);
  });

  it('also adds a newer revision', async () => {
    const snap = newSnap();
    await store.push(await bundle([snap]));
    const newer = publisher.snap({ name: snap.name, revision: 6 });
    expect(await store.push(await bundle([snap, newer], { leaveOut: [5] }))).toMatchObject({
      snaps: [
        {
          revisions: [
            { revision: 5, outcome: 'present' },
            { revision: 6, outcome: 'added' },
          ],
        },
      ],
      bytesAdded: newer.sizeBytes,
    });
  });

  it('is refused by a store that does not have them', async () => {
    const snap = newSnap();
    await expectRefused(store, await bundle([snap], { leaveOut: [5] }), {
      code: 'invalid-bundle',
      says: `snap ${snap.name} revision 5: its file was left out, but this store does not have it`,
    });
  });

  it.each([['x'], [0], [1.5], [null]])(
    'is refused if it leaves out the invalid revision %j',
    async (value) => {
      const parts = bundleOf([newSnap()], { leaveOut: [5] });
      const text = bytesOf(parts, 'manifest.json').toString();
      const edited = text.replace(/"left-out": \[\s*5\s*\]/, `"left-out": [${JSON.stringify(value)}]`);
      expect(edited).not.toBe(text);
      await expectRefused(
        store,
        await writeArchive(store.directory, replaced(parts, 'manifest.json', Buffer.from(edited))),
        { code: 'invalid-bundle', says: 'leaves out an invalid revision' },
      );
    },
  );
});

it('other tools can verify a signature: it is RSA PKCS#1 v1.5 with SHA-512 over the manifest', async () => {
  const { verify } = await import('node:crypto');
  const manifest = Buffer.from('{}');
  const { signature } = JSON.parse(signManifest(manifest, key).toString()) as { signature: string };
  expect(verify('RSA-SHA512', manifest, createPublicKey(key), Buffer.from(signature, 'base64'))).toBe(true);
});
