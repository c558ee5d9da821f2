import { digestFromHex, digestToHex } from '../../common/crypto/digest.js';
import { isFields, textField, type JsonFields } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';
import { hasHidden } from '../../common/visible-text.js';
import { badDocument } from './bundle-json.js';
import { isPicturePath } from './bundled-media.js';

/** A bundle without pictures and components; older programs read it too. */
export const MANIFEST_FORMAT = 1;
/** A bundle with pictures or components; a program that knows only format 1 refuses it. */
export const EXTENDED_FORMAT = 2;
const FORMATS: readonly unknown[] = [MANIFEST_FORMAT, EXTENDED_FORMAT];
/** Longest source in a manifest, in characters: the URL of a store. */
export const MAX_SOURCE_CHARACTERS = 1_024;
export const MANIFEST_PATH = 'manifest.json';
export const MANIFEST_SIGNATURE_PATH = 'manifest.sig';

/** A file of the bundle, as the manifest lists it. */
export interface ManifestFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
}

/** The first entry of a bundle, which lists all others. */
export interface Manifest {
  readonly createdAt: Date;
  /** Where the snaps were fetched from. */
  readonly source: string;
  readonly files: readonly ManifestFile[];
  /** Revisions whose files were left out because the target store has them. */
  readonly leftOut: readonly LeftOutRevision[];
  readonly leftOutComponents: readonly LeftOutComponent[];
}

export interface LeftOutRevision {
  readonly snapId: string;
  readonly revision: number;
}

export interface LeftOutComponent extends LeftOutRevision {
  readonly name: string;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 40);
}

function parseFile(value: unknown): ManifestFile {
  if (!isFields(value)) throw badDocument(MANIFEST_PATH, 'lists a file that is not an object');
  const path = textField(value, 'path');
  const digest = textField(value, 'sha3-384');
  const { size } = value;
  if (
    path === undefined ||
    digest === undefined ||
    typeof size !== 'number' ||
    !Number.isSafeInteger(size) ||
    size < 0
  ) {
    throw badDocument(MANIFEST_PATH, 'lists a file without path, size and sha3-384');
  }
  try {
    return { path, sizeBytes: size, digest: digestFromHex(digest) };
  } catch (error) {
    throw badDocument(MANIFEST_PATH, `has an invalid digest for ${JSON.stringify(path)}`, error);
  }
}

function parseLeftOut(value: unknown): LeftOutRevision[] {
  if (!isFields(value) || !Array.isArray(value['left-out'])) return [];
  const snapId = textField(value, 'snap-id') ?? '';
  return value['left-out'].map((revision: unknown) => {
    if (typeof revision === 'number' && Number.isSafeInteger(revision) && revision > 0 && snapId !== '')
      return { snapId, revision };
    throw badDocument(MANIFEST_PATH, `leaves out an invalid revision: ${shown(revision)}`);
  });
}

function parseLeftOutComponents(value: unknown): LeftOutComponent[] {
  if (!isFields(value) || !Array.isArray(value['left-out-components'])) return [];
  const snapId = textField(value, 'snap-id') ?? '';
  return value['left-out-components'].map((component: unknown) => {
    const [name, revision] = isFields(component) ? [textField(component, 'name'), component['revision']] : [];
    if (
      typeof revision === 'number' &&
      Number.isSafeInteger(revision) &&
      revision > 0 &&
      name &&
      snapId !== ''
    )
      return { snapId, name, revision };
    throw badDocument(MANIFEST_PATH, `leaves out an invalid component: ${shown(component)}`);
  });
}

/** @throws StoreError `invalid-bundle` if it is not a manifest, `unsupported` if a newer program wrote it */
export function parseManifest(document: unknown): Manifest {
  if (!isFields(document) || !Array.isArray(document['files']))
    throw badDocument(MANIFEST_PATH, 'is not a bundle manifest');
  if (!FORMATS.includes(document['format'])) {
    throw new StoreError(
      'unsupported',
      `${MANIFEST_PATH} has format ${shown(document['format'])}; this program reads formats ${FORMATS.join(' and ')}`,
    );
  }
  const createdAt = new Date(textField(document, 'created-at') ?? '');
  if (Number.isNaN(createdAt.getTime())) throw badDocument(MANIFEST_PATH, 'has no valid created-at');
  const source = textField(document, 'source') ?? '';
  // A push prints the source: control characters could make an unsigned bundle look signed.
  if (source.length > MAX_SOURCE_CHARACTERS || hasHidden(source))
    throw badDocument(
      MANIFEST_PATH,
      `has a source that is longer than ${MAX_SOURCE_CHARACTERS} characters or contains a control character`,
    );
  const snaps: unknown[] = Array.isArray(document['snaps']) ? document['snaps'] : [];
  return {
    createdAt,
    source,
    files: document['files'].map(parseFile),
    leftOut: snaps.flatMap(parseLeftOut),
    leftOutComponents: snaps.flatMap(parseLeftOutComponents),
  };
}

function isExtended(files: readonly ManifestFile[], snaps: readonly JsonFields[]): boolean {
  return files.some(({ path }) => isPicturePath(path)) || snaps.some((snap) => 'components' in snap);
}

/** The bytes of a manifest. */
export function manifestView(
  { createdAt, source, files }: Omit<Manifest, 'leftOut' | 'leftOutComponents'>,
  snaps: readonly JsonFields[],
): Buffer {
  const document = {
    format: isExtended(files, snaps) ? EXTENDED_FORMAT : MANIFEST_FORMAT,
    'created-at': createdAt.toISOString(),
    source,
    files: files.map(({ path, sizeBytes, digest }) => ({
      path,
      size: sizeBytes,
      'sha3-384': digestToHex(digest),
    })),
    snaps,
  };
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
}
