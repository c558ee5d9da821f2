import { open } from 'node:fs/promises';
import type { Assertion } from '../assertions/format/assertion.js';
import { requiredHeader } from '../assertions/format/header-text.js';
import { isStorable } from '../bundles/format/bundle-json.js';
import type { BundledRelease } from '../bundles/format/channel-map.js';
import type { BundledMetadata } from '../bundles/format/metadata.js';
import type { Snap, SnapRevision } from '../catalogue/snap.js';
import { digestToHex } from '../common/crypto/digest.js';
import { DEFAULT_PROVENANCE } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { pictureMedia, readPicture, type Picture } from '../snap-files/picture.js';
import { readSnapContents } from '../snap-files/snap-contents.js';
import type { SnapYaml } from '../snap-files/snap-yaml.js';
import { fileAccess } from '../snap-files/squashfs/file-access.js';
import type { StagedFile } from './import-collector.js';

/** A staged snap, as its file and its assertions describe it. */
export interface StagedSnap {
  readonly staged: StagedFile;
  readonly declaration: Assertion;
  readonly revision: SnapRevision;
  readonly snapYaml: SnapYaml;
  readonly icon: Picture | undefined;
}

/** Refuses a file that contradicts its assertions. @see snapcore/snapd: asserts/snapasserts/snapasserts.go, CrossCheck */
function crossCheck(snapYaml: SnapYaml, name: string, snapRevision: Assertion): void {
  const provenance = snapRevision.primaryKey[1] ?? DEFAULT_PROVENANCE;
  const said = snapYaml.provenance ?? DEFAULT_PROVENANCE;
  if (name === '')
    throw new StoreError(
      'invalid-bundle',
      `snap-id ${requiredHeader(snapRevision, 'snap-id')}: its snap-declaration is revoked`,
    );
  const wrong = (why: string) =>
    new StoreError(
      'invalid-bundle',
      `snap ${name} revision ${requiredHeader(snapRevision, 'snap-revision')}: ${why}`,
    );
  if (snapYaml.name !== name)
    throw wrong(
      `the file says that it is ${JSON.stringify(snapYaml.name)}, its snap-declaration says ${JSON.stringify(name)}`,
    );
  if (!isStorable(snapYaml))
    throw wrong('its snap.yaml contains a string with a NUL or an unpaired surrogate');
  if (said !== provenance)
    throw wrong(
      `the file has provenance ${JSON.stringify(said)}, its snap-revision assertion has ${JSON.stringify(provenance)}`,
    );
}

/**
 * Reads a staged file and checks it against its assertions.
 *
 * @throws StoreError `invalid-snap` if the file is not a snap, `invalid-bundle` if it contradicts its assertions
 */
export async function readStagedSnap(staged: StagedFile, declaration: Assertion): Promise<StagedSnap> {
  const { assertion: snapRevision, blob } = staged;
  const name = requiredHeader(declaration, 'snap-name');
  const file = await open(blob.path, 'r');
  try {
    const { snapYaml, snapYamlText, icon } = await readSnapContents(fileAccess(file, blob.sizeBytes));
    crossCheck(snapYaml, name, snapRevision);
    return {
      staged,
      declaration,
      snapYaml,
      revision: toRevision(staged, snapYaml, snapYamlText),
      icon: icon && readPicture(icon.bytes),
    };
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'invalid-snap') throw error;
    throw new StoreError(
      'invalid-snap',
      `snap ${name} revision ${requiredHeader(snapRevision, 'snap-revision')}: ${error.message}`,
      { cause: error },
    );
  } finally {
    await file.close();
  }
}

function toRevision(
  { assertion: snapRevision, blob }: StagedFile,
  snapYaml: SnapYaml,
  snapYamlText: string,
): SnapRevision {
  return {
    snapId: requiredHeader(snapRevision, 'snap-id'),
    revision: Number(requiredHeader(snapRevision, 'snap-revision')),
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    version: snapYaml.version,
    type: snapYaml.type,
    base: snapYaml.base ?? null,
    confinement: snapYaml.confinement,
    epoch: snapYaml.epoch,
    architectures: snapYaml.architectures,
    snapYaml: snapYamlText,
    provenance: snapRevision.primaryKey[1] ?? DEFAULT_PROVENANCE,
    commonIds: snapYaml.commonIds,
    apps: snapYaml.appNames,
    createdAt: new Date(requiredHeader(snapRevision, 'timestamp')),
  };
}

/** Refuses an unsigned channel map that offers a revision to an architecture that it does not support. */
export function checkArchitectures(
  name: string,
  files: readonly StagedSnap[],
  releases: readonly BundledRelease[],
): void {
  for (const { revision } of files) {
    const wrong = releases.find(
      (release) =>
        release.revision === revision.revision &&
        !revision.architectures.includes('all') &&
        !revision.architectures.includes(release.architecture),
    );
    if (wrong)
      throw new StoreError(
        'invalid-bundle',
        `snap ${name} revision ${revision.revision}: its channel map offers it to ${wrong.architecture}, but the file is for ${revision.architectures.join(', ')}`,
      );
  }
}

/**
 * Refuses a second file for a revision: the file of a revision never changes.
 *
 * @param shown - the revision, as messages name it
 * @param other - the file that already exists
 */
export function checkSameDigest(
  shown: string,
  digest: Buffer,
  other: { readonly digest: Buffer } | undefined,
): void {
  if (!other || other.digest.equals(digest)) return;
  throw new StoreError(
    'conflict',
    `${shown}: another file of this revision exists, with digest ${digestToHex(other.digest)}`,
  );
}

export function checkSameFile(
  { declaration, revision: { revision, digest } }: StagedSnap,
  other: SnapRevision | undefined,
): void {
  checkSameDigest(`snap ${requiredHeader(declaration, 'snap-name')} revision ${revision}`, digest, other);
}

/** @throws StoreError `invalid-bundle` if a file was left out and the store does not have it */
export function checkLeftOut(shown: string, isThere: boolean): void {
  if (isThere) return;
  throw new StoreError(
    'invalid-bundle',
    `${shown}: its file was left out, but this store does not have it: fetch it again without --have`,
  );
}

/** Refuses unsigned metadata that contradicts the signed declaration. */
export function checkMetadata(metadata: BundledMetadata, declaration: Assertion): void {
  const snapId = declaration.primaryKey[1];
  const name = requiredHeader(declaration, 'snap-name');
  const publisherId = requiredHeader(declaration, 'publisher-id');
  const contradicts = (what: string, value: string | undefined, signed: string | undefined) => {
    if (value === undefined || value === signed) return;
    throw new StoreError(
      'invalid-bundle',
      `snap ${name}: its metadata has ${what} ${JSON.stringify(value.slice(0, 80))}, its snap-declaration has ${JSON.stringify(signed)}`,
    );
  };
  contradicts('snap-id', metadata.snapId, snapId);
  contradicts('name', metadata.name, name);
  contradicts('publisher', metadata.publisherId, publisherId);
}

/**
 * The public description of a snap. Each field comes from the first of these that has it: the declaration, the snap
 * file, the bundle's metadata, the store.
 */
export function describeSnap(
  { declaration, snapYaml, icon }: StagedSnap,
  metadata: BundledMetadata | undefined,
  known: Snap | undefined,
): Snap {
  const name = requiredHeader(declaration, 'snap-name');
  const links =
    Object.keys(snapYaml.links).length > 0 ? snapYaml.links : (metadata?.links ?? known?.links ?? {});
  return {
    snapId: requiredHeader(declaration, 'snap-id'),
    name,
    publisherId: requiredHeader(declaration, 'publisher-id'),
    type: snapYaml.type,
    title: snapYaml.title ?? metadata?.title ?? known?.title ?? name,
    summary: snapYaml.summary || (metadata?.summary ?? known?.summary ?? ''),
    description: snapYaml.description || (metadata?.description ?? known?.description ?? ''),
    license: snapYaml.license ?? metadata?.license ?? known?.license ?? null,
    contact: snapYaml.links['contact']?.[0] ?? metadata?.contact ?? known?.contact ?? null,
    website: snapYaml.links['website']?.[0] ?? metadata?.website ?? known?.website ?? null,
    storeUrl: metadata?.storeUrl ?? known?.storeUrl ?? null,
    links,
    media: icon
      ? [pictureMedia(requiredHeader(declaration, 'snap-id'), { ...icon, type: 'icon' })]
      : (known?.media ?? []),
    listedMedia: known?.listedMedia ?? null,
    categories: metadata && metadata.categories.length > 0 ? metadata.categories : (known?.categories ?? []),
    chosenCategories: known?.chosenCategories ?? null,
    defaultTrack: metadata?.defaultTrack ?? known?.defaultTrack ?? null,
    storeId: known?.storeId ?? null,
    isPrivate: known?.isPrivate ?? false,
    chosenDefaultTrack: known?.chosenDefaultTrack ?? null,
  };
}
