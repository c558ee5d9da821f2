import type { Assertion } from '../../assertions/format/assertion.js';
import { encodeStream } from '../../assertions/format/stream.js';
import { formatChannel } from '../../channels/channel.js';
import { sha3_384 } from '../../common/crypto/digest.js';
import { type JsonFields } from '../../common/domain/json.js';
import type { ListedPicture } from '../../snap-files/picture.js';
import { picturePath } from './bundled-media.js';
import type { BundledRelease } from './channel-map.js';
import { manifestView, type ManifestFile } from './manifest.js';

/** A revision that goes into a bundle. */
export interface BundleRevision {
  readonly revision: number;
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  /** Path of the file; undefined if it is left out because the air-gapped machine has it. */
  readonly file: string | undefined;
}

/** A revision of a component that goes into a bundle. */
export interface BundleComponent extends BundleRevision {
  readonly name: string;
}

/** A picture that goes into a bundle. */
export interface BundleMedium extends ListedPicture {
  readonly sizeBytes: number;
  /** Path of the picture's file. */
  readonly file: string;
}

/** The content of a bundle for one snap. */
export interface BundleSnap {
  readonly name: string;
  readonly snapId: string;
  /** The chains of all revisions, each assertion once and after its prerequisites. */
  readonly assertions: readonly Assertion[];
  /** The public description: the members `snap` and `default-track` of an `info` answer, if there was one. */
  readonly metadata: JsonFields | undefined;
  /** The pictures of its listing, written only with metadata; undefined if the bundle has no list. */
  readonly media?: readonly BundleMedium[] | undefined;
  readonly releases: readonly BundledRelease[];
  readonly revisions: readonly BundleRevision[];
  readonly components: readonly BundleComponent[];
}

/** An entry of the archive: its bytes, or the path of the file with them. */
export interface BundleEntry extends ManifestFile {
  readonly content: Buffer | string;
}

function entry(path: string, content: Buffer): BundleEntry {
  return { path, content, sizeBytes: content.length, digest: sha3_384(content) };
}

function jsonEntry(path: string, document: object): BundleEntry {
  return entry(path, Buffer.from(`${JSON.stringify(document, null, 2)}\n`));
}

function releaseView({ architecture, channel, revision, releasedAt }: BundledRelease): object {
  const { track, risk, branch } = channel;
  return {
    architecture,
    track,
    risk,
    ...(branch !== undefined && { branch }),
    revision,
    ...(releasedAt && { 'released-at': releasedAt.toISOString() }),
  };
}

function mediaView(name: string, media: readonly BundleMedium[]): object[] {
  return media.map((medium) => ({
    type: medium.type,
    file: picturePath(name, medium),
    width: medium.width,
    height: medium.height,
  }));
}

/** Each picture once, however often it is listed. */
function pictureEntries(name: string, media: readonly BundleMedium[]): BundleEntry[] {
  const entries = media.map((medium) => {
    const { sizeBytes, digest, file } = medium;
    return { path: picturePath(name, medium), sizeBytes, digest, content: file };
  });
  return [...new Map(entries.map((one) => [one.path, one])).values()];
}

/** The entry of a file; empty if the file is left out. */
function fileEntry(path: string, { sizeBytes, digest, file }: BundleRevision): BundleEntry[] {
  return file === undefined ? [] : [{ path, sizeBytes, digest, content: file }];
}

/** The entries of one snap, in the order of the bundle. */
export function snapEntries(snap: BundleSnap): BundleEntry[] {
  const { name, snapId, metadata, releases, media } = snap;
  const identity = { name, 'snap-id': snapId };
  return [
    entry(`${name}/assertions.assert`, encodeStream(snap.assertions)),
    ...(metadata
      ? [
          jsonEntry(`${name}/metadata.json`, {
            ...identity,
            ...metadata,
            ...(media && { media: mediaView(name, media) }),
          }),
        ]
      : []),
    jsonEntry(`${name}/channel-map.json`, { ...identity, 'channel-map': releases.map(releaseView) }),
    ...(metadata && media ? pictureEntries(name, media) : []),
    ...snap.revisions.flatMap((one) => fileEntry(`${name}/${name}_${one.revision}.snap`, one)),
    ...snap.components.flatMap((one) => fileEntry(`${name}/${name}+${one.name}_${one.revision}.comp`, one)),
  ];
}

/** The manifest of a bundle with these entries. */
export function bundleManifest(
  made: { readonly createdAt: Date; readonly source: string },
  snaps: readonly BundleSnap[],
  entries: readonly BundleEntry[],
): Buffer {
  return manifestView({ ...made, files: entries }, snaps.map(snapView));
}

function isLeftOut({ file }: BundleRevision): boolean {
  return file === undefined;
}

function componentView({ name, revision }: BundleComponent): object {
  return { name, revision };
}

function snapView({ name, snapId, revisions, components, releases }: BundleSnap): JsonFields {
  const leftOut = revisions.filter(isLeftOut).map(({ revision }) => revision);
  const leftOutComponents = components.filter(isLeftOut).map(componentView);
  return {
    name,
    'snap-id': snapId,
    revisions: revisions.map(({ revision }) => revision),
    channels: [...new Set(releases.map(({ channel }) => formatChannel(channel)))],
    ...(leftOut.length > 0 && { 'left-out': leftOut }),
    ...(components.length > 0 && { components: components.map(componentView) }),
    ...(leftOutComponents.length > 0 && { 'left-out-components': leftOutComponents }),
  };
}
