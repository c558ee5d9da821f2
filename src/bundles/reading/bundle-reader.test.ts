import { describe, expect, it } from 'vitest';
import { sha3_384 } from '../../common/crypto/digest.js';
import { MANIFEST_PATH, manifestView } from '../format/manifest.js';
import { BundleReader, type BundleItem } from './bundle-reader.js';
import { once } from './file-content.js';
import { ImportBudget } from './import-budget.js';
import type { SignedFile } from './signed-file.js';

const SQUASHFS = Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(92)]);
const ASSERTIONS = Buffer.from('type: account\n');
const CHANNEL_MAP = Buffer.from('{"channel-map": []}');
const NAMED = new Map([
  ['jq/assertions.assert', ASSERTIONS],
  ['jq/channel-map.json', CHANNEL_MAP],
  ['jq/jq_1.snap', SQUASHFS],
]);

function manifestOf(files: ReadonlyMap<string, Buffer>): Buffer {
  const listed = [...files].map(([path, bytes]) => ({
    path,
    sizeBytes: bytes.length,
    digest: sha3_384(bytes),
  }));
  return manifestView({ createdAt: new Date(0), source: 'https://store.example', files: listed }, []);
}

function readerOf(files: ReadonlyMap<string, Buffer>): BundleReader {
  const input = {
    path: 'jq.tar',
    kind: 'archive' as const,
    sizeBytes: 0,
    files: async function* () {
      for (const [path, bytes] of files) yield { path, sizeBytes: bytes.length, content: once(bytes) };
    },
  };
  return new BundleReader(input, { keys: [], isRequired: false }, new ImportBudget());
}

function bundleOf(listed: ReadonlyMap<string, Buffer>, files = listed): BundleReader {
  return readerOf(new Map([[MANIFEST_PATH, manifestOf(listed)], ...files]));
}

async function read(
  reader: BundleReader,
  onSignedFile: (file: SignedFile) => void = () => undefined,
): Promise<BundleItem[]> {
  const items: BundleItem[] = [];
  for await (const item of reader.items(() => undefined)) {
    items.push(item);
    if (item.type === 'signed-file') onSignedFile(item);
  }
  return items;
}

function confirm(file: SignedFile, bytes = SQUASHFS): void {
  file.confirm({ sizeBytes: bytes.length, digest: sha3_384(bytes) });
}

describe('the items of a bundle', () => {
  it('come in the order of the file, each with the type of its name', async () => {
    const items = await read(bundleOf(NAMED), confirm);
    expect(items.map(({ type, path }) => [type, path])).toEqual([
      ['assertions', 'jq/assertions.assert'],
      ['document', 'jq/channel-map.json'],
      ['signed-file', 'jq/jq_1.snap'],
    ]);
  });

  it('have the type of their content if the name is unknown; unknown content is ignored', async () => {
    const files = new Map([
      ['first', SQUASHFS],
      ['second', ASSERTIONS],
      ['third', Buffer.from('nothing for a store')],
      ['.DS_Store', SQUASHFS],
    ]);
    const items = await read(readerOf(files));
    expect(items.map(({ type, path }) => [type, path])).toEqual([
      ['signed-file', 'first'],
      ['assertions', 'second'],
    ]);
  });
});

describe('a manifest', () => {
  it('is met if each listed file is present and confirmed', async () => {
    const reader = bundleOf(NAMED);
    await read(reader, confirm);
    expect(() => reader.finish()).not.toThrow();
  });

  it('is violated by a signed file that was not confirmed', async () => {
    const reader = bundleOf(NAMED);
    await read(reader);
    expect(() => reader.finish()).toThrow('jq/jq_1.snap is missing: its manifest lists it');
  });

  it('is violated by a signed file with another digest', async () => {
    const reading = read(bundleOf(NAMED), (file) => confirm(file, Buffer.alloc(SQUASHFS.length)));
    await expect(reading).rejects.toThrow(
      'jq/jq_1.snap does not match its manifest: the size or digest differs',
    );
  });

  it('is violated by a document with another digest', async () => {
    const changed = new Map([
      ...NAMED,
      ['jq/channel-map.json', Buffer.from('{"channel-map": [ ]}')] as const,
    ]);
    await expect(read(bundleOf(NAMED, changed), confirm)).rejects.toThrow(
      'jq/channel-map.json does not match its manifest: the size or digest differs',
    );
  });

  it.each(['more.assert', 'more.json', 'more.txt', 'jq_2.snap'])(
    'is violated by an unlisted %s',
    async (name) => {
      const bytes = name.endsWith('.json') ? CHANNEL_MAP : ASSERTIONS;
      const more = new Map([...NAMED, [name, bytes] as const]);
      const reading = read(bundleOf(NAMED, more), (file) =>
        confirm(file, file.path === name ? bytes : SQUASHFS),
      );
      await expect(reading).rejects.toThrow(`${name} is not in its manifest`);
    },
  );
});

it('reads only the requested files again', async () => {
  const reader = bundleOf(NAMED);
  await read(reader);
  const again: string[] = [];
  const wanted = new Set(['jq/jq_1.snap']);
  for await (const file of reader.signedFiles(
    (path) => wanted.has(path),
    () => undefined,
  )) {
    again.push(file.path);
    confirm(file);
  }
  expect(again).toEqual(['jq/jq_1.snap']);
  expect(() => reader.finish()).not.toThrow();
});
