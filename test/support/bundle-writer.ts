import type { KeyObject } from 'node:crypto';
import {
  bundleManifest,
  snapEntries,
  type BundleMedium,
  type BundleSnap,
} from '../../src/bundles/format/bundle-documents.js';
import type { BundledRelease } from '../../src/bundles/format/channel-map.js';
import { signManifest } from '../../src/bundles/format/manifest-signature.js';
import { MANIFEST_PATH, MANIFEST_SIGNATURE_PATH } from '../../src/bundles/format/manifest.js';
import { parseChannel } from '../../src/channels/channel.js';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { readPicture, type ListedPicture } from '../../src/snap-files/picture.js';
import type { TarPart } from './tar-file.js';
import type { TestSnap } from './test-snaps.js';

/** A picture of a snap's listing. */
export interface TestMedium {
  readonly type: string;
  readonly bytes: Buffer;
  readonly width?: number | null;
  readonly height?: number | null;
}

/** What a test says of a bundle; the rest is sensible. */
export interface BundleOptions {
  readonly createdAt?: Date;
  /** Where the snaps were fetched from. */
  readonly source?: string;
  /** Channels that point at the newest revision given of each snap. */
  readonly channels?: readonly string[];
  readonly architectures?: readonly string[];
  /** Revisions whose files are left out. */
  readonly leaveOut?: readonly number[];
  /** The pictures that every snap of it is listed with; by default it does not say. */
  readonly media?: readonly TestMedium[] | undefined;
  /** By default it does not say. */
  readonly defaultTrack?: string | undefined;
  /** Signs the manifest. */
  readonly signingKey?: KeyObject | undefined;
}

type Choices = Required<BundleOptions>;

const DEFAULTS: Choices = {
  createdAt: new Date('2026-02-01T00:00:00Z'),
  source: 'https://store.example',
  channels: ['latest/stable'],
  architectures: ['amd64'],
  leaveOut: [],
  media: undefined,
  defaultTrack: undefined,
  signingKey: undefined,
};

/** As `fetch-snaps` would list it; what is no picture is listed as a PNG. */
function listed({ type, bytes, width, height }: TestMedium): ListedPicture {
  const picture = readPicture(bytes);
  return {
    type,
    digest: sha3_384(bytes),
    mediaType: picture?.mediaType ?? 'image/png',
    width: width === undefined ? (picture?.width ?? null) : width,
    height: height === undefined ? (picture?.height ?? null) : height,
  };
}

/** A picture's bytes are put in from memory, by its digest. */
function bundleMedia(media: readonly TestMedium[] | undefined): BundleMedium[] | undefined {
  return media?.map((medium) => {
    const picture = listed(medium);
    return { ...picture, sizeBytes: medium.bytes.length, file: picture.digest.toString('hex') };
  });
}

function newestOf(revisions: readonly TestSnap[]): number {
  return Math.max(...revisions.map(({ revision }) => revision));
}

function releases(
  revisions: readonly TestSnap[],
  { channels, architectures, createdAt }: Choices,
): BundledRelease[] {
  const revision = newestOf(revisions);
  return channels
    .map(parseChannel)
    .flatMap((channel) =>
      architectures.map((architecture) => ({ architecture, channel, revision, releasedAt: createdAt })),
    );
}

/** All that the bundle says of one snap; its files are put in from memory. */
function bundleSnap(name: string, revisions: readonly TestSnap[], choices: Choices): BundleSnap {
  const snapId = revisions[0]?.snapId ?? '';
  // In one stream an assertion may come twice, but a real bundle holds each once.
  const assertions = new Map(
    revisions
      .flatMap((snap) => snap.assertions)
      .map((one) => [`${one.type.name} ${one.primaryKey.join('/')}`, one]),
  );
  return {
    name,
    snapId,
    assertions: [...assertions.values()],
    metadata: {
      snap: {
        name,
        'snap-id': snapId,
        title: `Title of ${name}`,
        summary: `Summary of ${name}`,
        license: 'MIT',
      },
      ...(choices.defaultTrack !== undefined && { 'default-track': choices.defaultTrack }),
    },
    media: bundleMedia(choices.media),
    releases: releases(revisions, choices),
    revisions: revisions.map(({ revision, sizeBytes, digest }) => ({
      revision,
      sizeBytes,
      digest,
      file: choices.leaveOut.includes(revision) ? undefined : `${name} ${revision}`,
    })),
    components: [],
  };
}

/**
 * The entries of a bundle as `fetch-snaps` writes it, in its order: the manifest first, then for each
 * snap its assertions, metadata, channel map and files. `tarOf` makes the archive of them.
 */
export function bundleOf(snaps: readonly TestSnap[], options: BundleOptions = {}): TarPart[] {
  const choices = { ...DEFAULTS, ...options };
  const byName = new Map<string, TestSnap[]>();
  for (const snap of snaps) byName.set(snap.name, [...(byName.get(snap.name) ?? []), snap]);
  const described = [...byName].map(([name, revisions]) => bundleSnap(name, revisions, choices));
  const entries = described.flatMap(snapEntries);
  const manifest = bundleManifest(choices, described, entries);
  const bytesOf = new Map([
    ...snaps.map((snap) => [`${snap.name} ${snap.revision}`, snap.bytes] as const),
    ...(choices.media ?? []).map(({ bytes }) => [sha3_384(bytes).toString('hex'), bytes] as const),
  ]);
  return [
    { name: MANIFEST_PATH, bytes: manifest },
    ...(choices.signingKey
      ? [{ name: MANIFEST_SIGNATURE_PATH, bytes: signManifest(manifest, choices.signingKey) }]
      : []),
    ...entries.map(({ path, content }) => ({
      name: path,
      bytes: typeof content === 'string' ? (bytesOf.get(content) ?? Buffer.alloc(0)) : content,
    })),
  ];
}
