import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ASSERTION_FILE_BYTES } from '../../src/assertions/travelled-stream.js';
import { MAX_BUNDLE_JSON_BYTES } from '../../src/bundles/format/bundle-json.js';
import { MAX_IGNORED_BYTES } from '../../src/bundles/reading/bundle-reader.js';
import { MAX_ARCHIVE_ENTRIES, MAX_ENTRY_NAME_LENGTH } from '../../src/bundles/tar-entries.js';
import { MAX_YAML_BYTES } from '../../src/snap-files/yaml-fields.js';
import { writeArchive, writeBytes, writeForm } from '../support/input-forms.js';
import { oddSnap } from '../support/odd-snap.js';
import { expectRefused, pushFailure } from '../support/refusal.js';
import { emptyEntries, writeSparseTar, type ZeroPart } from '../support/sparse-tar.js';
import { StoreApp } from '../support/store-app.js';
import { TestStoreStack } from '../support/store-stack.js';
import { tarOf, type TarPart } from '../support/tar-file.js';
import { partsOf } from '../support/test-snaps.js';

const BOMB_BYTES = 256 << 20;
/** A bomb must not cost memory for what it unpacks to. */
const BOMB_MEMORY_BYTES = 128 << 20;

let store: StoreApp;
let revision = 0;
const stack = new TestStoreStack({ authorityId: 'odd-root' });

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(stack.trusted());
});
afterAll(() => store.stop());

function newParts(): TarPart[] {
  revision += 1;
  return partsOf([oddSnap(stack, { name: `limit-${revision}`, revision })]);
}

async function sparse(parts: readonly (TarPart | ZeroPart)[]): Promise<string> {
  const path = join(store.directory, 'sparse.tar');
  await writeSparseTar(path, parts);
  return path;
}

async function expectTaken(file: string): Promise<void> {
  expect(await store.push(file)).toMatchObject({ changed: true });
}

describe('entries', () => {
  it.each(['file', 'directory'] as const)('are accepted up to the limit: each a %s', async (type) => {
    const parts = newParts();
    const others = MAX_ARCHIVE_ENTRIES - parts.length;
    const rest = await tarOf(parts, false);
    const full = Buffer.concat([await emptyEntries(others, type), rest]);
    const tooMany = Buffer.concat([await emptyEntries(others + 1, type), rest]);
    await expectRefused(store, await writeBytes(store.directory, tooMany, '.tar'), {
      code: 'invalid-bundle',
      says: `more than ${MAX_ARCHIVE_ENTRIES} entries`,
    });
    await expectTaken(await writeBytes(store.directory, full, '.tar'));
  });

  it('can have names up to the limit', async () => {
    const named = (length: number) => ({ name: `${'n/'.repeat(length).slice(0, length - 1)}x` });
    const parts = newParts();
    await expectRefused(
      store,
      await writeArchive(store.directory, [...parts, named(MAX_ENTRY_NAME_LENGTH + 1)]),
      {
        code: 'invalid-bundle',
        says: `longer than ${MAX_ENTRY_NAME_LENGTH} characters`,
      },
    );
    await expectTaken(await writeArchive(store.directory, [...parts, named(MAX_ENTRY_NAME_LENGTH)]));
  });
});

describe('bytes', () => {
  it('of all ignored files are accepted up to the limit', async () => {
    const parts = newParts();
    const half = { name: 'half', zeroBytes: MAX_IGNORED_BYTES / 2 };
    const over = { name: 'rest', zeroBytes: MAX_IGNORED_BYTES / 2 + 1 };
    await expectRefused(store, await sparse([...parts, half, over]), {
      code: 'too-large',
      says: `more than ${MAX_IGNORED_BYTES} bytes that are neither`,
    });
    await expectTaken(await sparse([...parts, half, { ...half, name: 'rest' }]));
  });

  it('of a JSON document are accepted up to the limit', async () => {
    const parts = newParts();
    const json = (length: number) => ({ name: 'x.json', bytes: Buffer.from('{}'.padEnd(length)) });
    const says = `x.json is longer than ${MAX_BUNDLE_JSON_BYTES} bytes`;
    const over = await writeArchive(store.directory, [json(MAX_BUNDLE_JSON_BYTES + 1), ...parts]);
    await expectRefused(store, over, { code: 'too-large', says });
    await expectTaken(await writeArchive(store.directory, [json(MAX_BUNDLE_JSON_BYTES), ...parts]));
  });

  it('of assertions are accepted up to the limit', async () => {
    const stream = (zeroBytes: number) => [{ name: 'x.assert', zeroBytes }, ...newParts()];
    await expectRefused(store, await sparse(stream(MAX_ASSERTION_FILE_BYTES + 1)), {
      code: 'too-large',
      says: `x.assert is longer than ${MAX_ASSERTION_FILE_BYTES} bytes`,
    });
    // Zeros are not an assertion, but the file is not too large.
    const { message } = await pushFailure(store.push(await sparse(stream(MAX_ASSERTION_FILE_BYTES))));
    expect(message).toContain('x.assert: it starts with zeros only');
  });

  it('of snap.yaml are accepted up to the limit', async () => {
    const snap = (length: number) => {
      const text = `name: yaml\nversion: "1"\narchitectures: [amd64]\n#`;
      return oddSnap(stack, { name: 'yaml', revision: 1, snapYaml: text.padEnd(length, 'x') });
    };
    await expectRefused(store, await writeForm(store.directory, 'pair', snap(MAX_YAML_BYTES + 1)), {
      code: 'invalid-snap',
      says: 'snap yaml revision 1',
    });
    await expectTaken(await writeForm(store.directory, 'pair', snap(MAX_YAML_BYTES)));
  });
});

describe('a small file that unpacks to a very large one', () => {
  it.each([
    ['a snap without an assertion', 'bomb.snap', 'invalid-bundle', 'no verified snap-revision'],
    ['assertions', 'bomb.assert', 'too-large', 'bomb.assert is longer than'],
    ['JSON', 'bomb.json', 'too-large', 'bomb.json is longer than'],
    ['an ignored file', 'bomb', 'too-large', 'neither snaps, components, assertions nor JSON'],
  ] as const)('is refused: %s', async (_, name, code, says) => {
    const tar = await sparse([...newParts(), { name, zeroBytes: BOMB_BYTES + 1 }]);
    const bomb = join(store.directory, 'bomb.tar.gz');
    await pipeline(createReadStream(tar), createGzip({ level: 1 }), createWriteStream(bomb));
    const before = process.memoryUsage().rss;
    await expectRefused(store, bomb, { code, says });
    expect(process.memoryUsage().rss - before).toBeLessThan(BOMB_MEMORY_BYTES);
  });
});
