import { open } from 'node:fs/promises';
import type { Assertion } from '../assertions/format/assertion.js';
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

/** A staged snap together with what its file and its assertions say of it. */
export interface SnapFacts {
  readonly staged: StagedFile;
  readonly declaration: Assertion;
  readonly revision: SnapRevision;
  readonly snapYaml: SnapYaml;
  readonly icon: Picture | undefined;
}

/** A header that the assertion's type makes sure is there. */
export function header(assertion: Assertion, name: string): string {
  const value = assertion.headers[name];
  if (typeof value === 'string') return value;
  throw new StoreError('invalid-assertion', `${assertion.type.name} has no header ${name}`);
}

/** What the file itself must say to agree with what is signed. snapcore/snapd: asserts/snapasserts/snapasserts.go, CrossCheck */
function crossCheck(snapYaml: SnapYaml, name: string, snapRevision: Assertion): void {
  const provenance = snapRevision.primaryKey[1] ?? DEFAULT_PROVENANCE;
  const said = snapYaml.provenance ?? DEFAULT_PROVENANCE;
  if (name === '')
    throw new StoreError(
      'invalid-bundle',
      `snap-id ${header(snapRevision, 'snap-id')}: its snap-declaration is revoked`,
    );
  const wrong = (why: string) =>
    new StoreError(
      'invalid-bundle',
      `snap ${name} revision ${header(snapRevision, 'snap-revision')}: ${why}`,
    );
  if (snapYaml.name !== name)
    throw wrong(
      `the file says that it is ${JSON.stringify(snapYaml.name)}, its snap-declaration says ${JSON.stringify(name)}`,
    );
  if (!isStorable(snapYaml)) throw wrong('its snap.yaml has a text with a NUL or half of a character in it');
  if (said !== provenance)
    throw wrong(
      `the file has provenance ${JSON.stringify(said)}, its snap-revision assertion has ${JSON.stringify(provenance)}`,
    );
}

/**
 * Reads what a staged file is and holds it against its assertions.
 *
 * @throws StoreError `invalid-snap` where the file is no snap, `invalid-bundle` where file and assertions contradict each other
 */
export async function readFacts(staged: StagedFile, declaration: Assertion): Promise<SnapFacts> {
  const { assertion: snapRevision, blob } = staged;
  const name = header(declaration, 'snap-name');
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
      `snap ${name} revision ${header(snapRevision, 'snap-revision')}: ${error.message}`,
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
    snapId: header(snapRevision, 'snap-id'),
    revision: Number(header(snapRevision, 'snap-revision')),
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
    createdAt: new Date(header(snapRevision, 'timestamp')),
  };
}

/** A channel map is not signed: where it offers a revision to devices that it cannot run on, it is wrong. */
export function checkArchitectures(
  name: string,
  facts: readonly SnapFacts[],
  releases: readonly BundledRelease[],
): void {
  for (const { revision } of facts) {
    const wrong = releases.find(
      (release) =>
        release.revision === revision.revision &&
        !revision.architectures.includes('all') &&
        !revision.architectures.includes(release.architecture),
    );
    if (wrong)
      throw new StoreError(
        'invalid-bundle',
        `snap ${name} revision ${revision.revision}: its channel map offers it to ${wrong.architecture}, the file is for ${revision.architectures.join(', ')}`,
      );
  }
}

/**
 * Refuses a second file for a revision: a revision is one file for ever.
 *
 * @param shown - the revision, as messages call it
 * @param other - the file that is there already
 */
export function checkSameDigest(
  shown: string,
  digest: Buffer,
  other: { readonly digest: Buffer } | undefined,
): void {
  if (!other || other.digest.equals(digest)) return;
  throw new StoreError(
    'conflict',
    `${shown}: there is another file of this revision, with digest ${digestToHex(other.digest)}`,
  );
}

export function checkSameFile(
  { declaration, revision: { revision, digest } }: SnapFacts,
  other: SnapRevision | undefined,
): void {
  checkSameDigest(`snap ${header(declaration, 'snap-name')} revision ${revision}`, digest, other);
}

/** @throws StoreError `invalid-bundle` where a file was left out that the store does not have */
export function checkLeftOut(shown: string, isThere: boolean): void {
  if (isThere) return;
  throw new StoreError(
    'invalid-bundle',
    `${shown}: its file was left out, and this store does not hold it: fetch it without --have`,
  );
}

/** Refuses unsigned metadata that names another snap than the one that is signed. */
export function checkMetadata(metadata: BundledMetadata, declaration: Assertion): void {
  const snapId = declaration.primaryKey[1];
  const name = header(declaration, 'snap-name');
  const publisherId = header(declaration, 'publisher-id');
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
 * The description that a snap is shown with: what is signed, then what its own file says, then the
 * bundle's metadata, then what the store had.
 */
export function describeSnap(
  { declaration, snapYaml, icon }: SnapFacts,
  metadata: BundledMetadata | undefined,
  known: Snap | undefined,
): Snap {
  const name = header(declaration, 'snap-name');
  const links =
    Object.keys(snapYaml.links).length > 0 ? snapYaml.links : (metadata?.links ?? known?.links ?? {});
  return {
    snapId: header(declaration, 'snap-id'),
    name,
    publisherId: header(declaration, 'publisher-id'),
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
      ? [pictureMedia(header(declaration, 'snap-id'), { ...icon, type: 'icon' })]
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
