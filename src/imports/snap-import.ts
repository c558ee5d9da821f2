import type { Assertion } from '../assertions/format/assertion.js';
import type { BundledRelease } from '../bundles/format/channel-map.js';
import type { LeftOutComponent, Manifest } from '../bundles/format/manifest.js';
import type { BundledMetadata } from '../bundles/format/metadata.js';
import type { ImportInput } from '../bundles/reading/import-input.js';
import type { Channel } from '../channels/channel.js';
import { StoreError } from '../common/errors.js';
import type { PushedPicture } from './collected-pictures.js';
import { readComponentFacts, type ComponentFacts } from './component-facts.js';
import type { ImportCollector, StagedFile } from './import-collector.js';
import {
  checkArchitectures,
  checkMetadata,
  checkSameDigest,
  checkSameFile,
  header,
  readFacts,
  type SnapFacts,
} from './snap-facts.js';

/** All that one pushed file says of one snap. */
export interface SnapImport {
  readonly snapId: string;
  readonly name: string;
  /** Of the files that came along, the newest revision first. */
  readonly facts: readonly SnapFacts[];
  /** Revisions without their files: the store must have them. */
  readonly leftOut: readonly number[];
  readonly components: readonly ComponentFacts[];
  /** Components without their files: the store must have them. */
  readonly leftOutComponents: readonly LeftOutComponent[];
  readonly metadata: BundledMetadata | undefined;
  readonly releases: readonly BundledRelease[];
  readonly listing: BroughtListing | undefined;
}

/** The pictures that a snap is listed with by a bundle, and when that was made. */
export interface BroughtListing {
  readonly pictures: readonly PushedPicture[];
  readonly madeAt: Date;
}

/** A file that was read to its end. */
export interface CollectedFile {
  readonly kind: ImportInput['kind'];
  /** Of a bundle. */
  readonly manifest: Manifest | undefined;
  readonly collected: ImportCollector;
}

/** What a file brought, sorted by snap. */
interface Brought {
  readonly snapId: string;
  readonly declaration: Assertion;
  readonly facts: readonly SnapFacts[];
  readonly leftOut: readonly number[];
  readonly components: readonly ComponentFacts[];
  readonly leftOutComponents: readonly LeftOutComponent[];
}

type FindDeclaration = (snapId: string) => Promise<Assertion>;

async function readSnaps(
  files: readonly StagedFile[],
  declarationOf: FindDeclaration,
): Promise<Map<string, SnapFacts[]>> {
  const bySnap = new Map<string, SnapFacts[]>();
  for (const staged of files) {
    const snapId = header(staged.assertion, 'snap-id');
    const facts = await readFacts(staged, await declarationOf(snapId));
    const others = bySnap.get(snapId) ?? [];
    const same = others.find(({ revision }) => revision.revision === facts.revision.revision);
    if (same) checkSameFile(facts, same.revision);
    else bySnap.set(snapId, [...others, facts]);
  }
  return bySnap;
}

async function readComponents(
  files: readonly StagedFile[],
  declarationOf: FindDeclaration,
): Promise<Map<string, ComponentFacts[]>> {
  const bySnap = new Map<string, ComponentFacts[]>();
  for (const staged of files) {
    const snapId = header(staged.assertion, 'snap-id');
    const facts = await readComponentFacts(staged, await declarationOf(snapId));
    const { name, revision } = facts.component;
    const others = bySnap.get(snapId) ?? [];
    const same = others.find(({ component }) => component.name === name && component.revision === revision);
    if (same) checkSameDigest(facts.shown, facts.component.digest, same.component);
    else bySnap.set(snapId, [...others, facts]);
  }
  return bySnap;
}

/**
 * Puts together what a file says of each snap.
 *
 * @param channels - where a bare pair is released to
 * @returns the snaps in one order everywhere, so that two imports never wait for each other's
 * @throws StoreError where file, assertions and unsigned documents contradict each other
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
    const facts = unsorted.toSorted((a, b) => b.revision.revision - a.revision.revision);
    const absent = leftOut.filter((one) => one.snapId === snapId).map(({ revision }) => revision);
    const brought = {
      snapId,
      declaration,
      facts,
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
  const { snapId, facts } = brought;
  const name = header(declaration, 'snap-name');
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
      : facts.flatMap((one) => defaultReleases(one, channels));
  checkArchitectures(name, facts, releases);
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

function defaultReleases({ revision }: SnapFacts, channels: readonly Channel[]): BundledRelease[] {
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
