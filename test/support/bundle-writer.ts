import { encodeStream } from '../../src/assertions/format/stream.js';
import { MANIFEST_PATH, manifestView } from '../../src/bundles/format/manifest.js';
import { sha3_384 } from '../../src/common/digest.js';
import { parseChannel } from '../../src/snaps/channel/channel.js';
import type { TarPart, TestSnap } from './test-snaps.js';

/** What a test says of a bundle; the rest is sensible. */
export interface BundleOptions {
  readonly createdAt?: Date;
  /** Where the snaps were fetched from. */
  readonly source?: string;
  /** Channels that point at the newest revision given of each snap. */
  readonly channels?: readonly string[];
  readonly architectures?: readonly string[];
}

interface BundleFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** Where it is known already; a large snap need not be hashed again. */
  readonly digest: Buffer;
}

type Choices = Required<BundleOptions>;

const DEFAULTS: Choices = {
  createdAt: new Date('2026-02-01T00:00:00Z'),
  source: 'https://store.example',
  channels: ['latest/stable'],
  architectures: ['amd64'],
};

function file(name: string, bytes: Buffer, digest: Buffer = sha3_384(bytes)): BundleFile {
  return { name, bytes, digest };
}

function jsonFile(name: string, document: object): BundleFile {
  return file(name, Buffer.from(`${JSON.stringify(document, null, 2)}\n`));
}

function newestOf(revisions: readonly TestSnap[]): number {
  return Math.max(...revisions.map(({ revision }) => revision));
}

function channelMap(
  revisions: readonly TestSnap[],
  { channels, architectures, createdAt }: Choices,
): object[] {
  const revision = newestOf(revisions);
  return channels.map(parseChannel).flatMap(({ track, risk, branch }) =>
    architectures.map((architecture) => ({
      architecture,
      track,
      risk,
      ...(branch !== null && { branch }),
      revision,
      'released-at': createdAt.toISOString(),
    })),
  );
}

/** The files of one snap, all its revisions in one folder. */
function filesOf(name: string, revisions: readonly TestSnap[], choices: Choices): BundleFile[] {
  const snapId = revisions[0]?.snapId;
  const identity = { name, 'snap-id': snapId };
  // In one stream an assertion may come twice, but a real bundle holds each once.
  const assertions = new Map(
    revisions
      .flatMap((snap) => snap.assertions)
      .map((one) => [`${one.type.name} ${one.primaryKey.join('/')}`, one]),
  );
  return [
    file(`${name}/assertions.assert`, encodeStream([...assertions.values()])),
    jsonFile(`${name}/metadata.json`, {
      ...identity,
      snap: { ...identity, title: `Title of ${name}`, summary: `Summary of ${name}`, license: 'MIT' },
    }),
    jsonFile(`${name}/channel-map.json`, { ...identity, 'channel-map': channelMap(revisions, choices) }),
    ...revisions.map(({ revision, bytes, digest }) =>
      file(`${name}/${name}_${revision}.snap`, bytes, digest),
    ),
  ];
}

/**
 * The entries of a bundle as `fetch-snaps` writes it, in its order: the manifest first, then for each
 * snap its assertions, metadata, channel map and files. `tarOf` makes the archive of them.
 */
export function bundleOf(snaps: readonly TestSnap[], options: BundleOptions = {}): TarPart[] {
  const choices = { ...DEFAULTS, ...options };
  const byName = new Map<string, TestSnap[]>();
  for (const snap of snaps) byName.set(snap.name, [...(byName.get(snap.name) ?? []), snap]);
  const files = [...byName].flatMap(([name, revisions]) => filesOf(name, revisions, choices));
  const manifest = manifestView(
    {
      createdAt: choices.createdAt,
      source: choices.source,
      files: files.map(({ name, bytes, digest }) => ({ path: name, sizeBytes: bytes.length, digest })),
    },
    [...byName].map(([name, revisions]) => ({
      name,
      'snap-id': revisions[0]?.snapId,
      revisions: revisions.map(({ revision }) => revision),
      channels: choices.channels,
    })),
  );
  return [{ name: MANIFEST_PATH, bytes: manifest }, ...files.map(({ name, bytes }) => ({ name, bytes }))];
}
