import type { Assertion } from '../assertions/format/assertion.js';
import { requiredHeader } from '../assertions/format/header-text.js';
import type { BundledRelease } from '../bundles/format/channel-map.js';
import type { LeftOutComponent, Manifest } from '../bundles/format/manifest.js';
import type { BundledMetadata } from '../bundles/format/metadata.js';
import type { ImportInput } from '../bundles/reading/import-input.js';
import type { Channel } from '../channels/channel.js';
import { StoreError } from '../common/errors.js';
import type { PushedPicture } from './collected-pictures.js';
import type { ImportCollector, StagedFile } from './import-collector.js';
import { readStagedComponent, type StagedComponent } from './staged-component.js';
import {
  checkArchitectures,
  checkMetadata,
  checkSameDigest,
  checkSameFile,
  readStagedSnap,
  type StagedSnap,
} from './staged-snap.js';

/** The content of one pushed file for one snap. */
export interface SnapImport {
  readonly snapId: string;
  readonly name: string;
  /** The snap files in it, the newest revision first. */
  readonly files: readonly StagedSnap[];
  /** Revisions without their files: the store must have them. */
  readonly leftOut: readonly number[];
  readonly components: readonly StagedComponent[];
  /** Components without their files: the store must have them. */
  readonly leftOutComponents: readonly LeftOutComponent[];
  readonly metadata: BundledMetadata | undefined;
  readonly releases: readonly BundledRelease[];
  readonly listing: BroughtListing | undefined;
}

/** The pictures of a snap's listing in a bundle, and the creation time of the bundle. */
export interface BroughtListing {
  readonly pictures: readonly PushedPicture[];
  readonly madeAt: Date;
}

/** A file that was read completely. */
export interface CollectedFile {
  readonly kind: ImportInput['kind'];
  /** Set for a bundle. */
  readonly manifest: Manifest | undefined;
  readonly collected: ImportCollector;
}

/** The content of a file for one snap, before channels are known. */
interface Brought {
  readonly snapId: string;
  readonly declaration: Assertion;
  readonly files: readonly StagedSnap[];
  readonly leftOut: readonly number[];
  readonly components: readonly StagedComponent[];
  readonly leftOutComponents: readonly LeftOutComponent[];
}

type FindDeclaration = (snapId: string) => Promise<Assertion>;

async function readSnaps(
  files: readonly StagedFile[],
  declarationOf: FindDeclaration,
): Promise<Map<string, StagedSnap[]>> {
  const bySnap = new Map<string, StagedSnap[]>();
  for (const staged of files) {
    const snapId = requiredHeader(staged.assertion, 'snap-id');
    const snap = await readStagedSnap(staged, await declarationOf(snapId));
    const others = bySnap.get(snapId) ?? [];
    const same = others.find(({ revision }) => revision.revision === snap.revision.revision);
    if (same) checkSameFile(snap, same.revision);
    else bySnap.set(snapId, [...others, snap]);
  }
  return bySnap;
}

async function readComponents(
  files: readonly StagedFile[],
  declarationOf: FindDeclaration,
): Promise<Map<string, StagedComponent[]>> {
  const bySnap = new Map<string, StagedComponent[]>();
  for (const staged of files) {
    const snapId = requiredHeader(staged.assertion, 'snap-id');
    const read = await readStagedComponent(staged, await declarationOf(snapId));
    const { name, revision } = read.component;
    const others = bySnap.get(snapId) ?? [];
    const same = others.find(({ component }) => component.name === name && component.revision === revision);
    if (same) checkSameDigest(read.shown, read.component.digest, same.component);
    else bySnap.set(snapId, [...others, read]);
  }
  return bySnap;
}

/**
 * Groups the content of a file by snap.
 *
 * @param channels - the channels of a snap without a bundle
 * @returns the snaps sorted by snap-id, so that two imports never deadlock
 * @throws StoreError if file, assertions and unsigned documents contradict each other
 */
export async function snapImports(
  file: CollectedFile,
  declarationOf: FindDeclaration,
  channels: readonly Channel[],
): Promise<SnapImport[]> {
  const staged = await readSnaps(file.collected.snaps, declarationOf);
  const components = await readComponents(file.collected.components, declarationOf);
  const { leftOut = [], leftOutComponents = [] } = file.manifest ?? {};
  const absentIds = [...leftOut, ...leftOutComponents].map(({ snapId }) => snapId);
  const snapIds = new Set([...staged.keys(), ...components.keys(), ...absentIds]);
  const imports: SnapImport[] = [];
  for (const snapId of [...snapIds].toSorted()) {
    const declaration = await declarationOf(snapId);
    const unsorted = staged.get(snapId) ?? [];
    const files = unsorted.toSorted((a, b) => b.revision.revision - a.revision.revision);
    const absent = leftOut.filter((one) => one.snapId === snapId).map(({ revision }) => revision);
    const brought = {
      snapId,
      declaration,
      files,
      leftOut: absent,
      components: components.get(snapId) ?? [],
      leftOutComponents: leftOutComponents.filter((one) => one.snapId === snapId),
    };
    imports.push(snapImport(brought, file, channels));
  }
  return imports;
}

function snapImport(
  { declaration, ...brought }: Brought,
  file: CollectedFile,
  channels: readonly Channel[],
): SnapImport {
  const { snapId, files } = brought;
  const name = requiredHeader(declaration, 'snap-name');
  const isAbout = (said: { snapId: string | undefined; name: string | undefined }) =>
    said.snapId === snapId || said.name === name;
  const described = file.collected.metadata.filter(isAbout);
  for (const one of described) checkMetadata(one, declaration);
  const maps = file.collected.channelMaps.filter(isAbout);
  if (maps.some((map) => map.snapId !== undefined && map.snapId !== snapId))
    throw new StoreError('invalid-bundle', `snap ${name}: its channel map names another snap-id`);
  if (maps.some((map) => map.name !== undefined && map.name !== name))
    throw new StoreError('invalid-bundle', `snap ${name}: its channel map names another snap`);
  const releases =
    maps.length > 0 && file.kind === 'archive'
      ? maps.flatMap((map) => map.releases)
      : files.flatMap((one) => defaultReleases(one, channels));
  checkArchitectures(name, files, releases);
  const [metadata] = described;
  return { ...brought, name, metadata, releases, listing: listingOf(metadata, file) };
}

function listingOf(
  metadata: BundledMetadata | undefined,
  { manifest, collected }: CollectedFile,
): BroughtListing | undefined {
  if (!metadata?.media || !manifest) return undefined;
  return { pictures: collected.pictures.resolve(metadata.media), madeAt: manifest.createdAt };
}

function defaultReleases({ revision }: StagedSnap, channels: readonly Channel[]): BundledRelease[] {
  return channels.flatMap((channel) =>
    revision.architectures.map((architecture) => ({
      architecture,
      channel,
      revision: revision.revision,
      releasedAt: undefined,
      isOperators: true,
    })),
  );
}
