import type { ArchiveFile } from '../tar-entries.js';

/** A kind of signed file: its assertion type, and the headers of the assertion. */
export interface SignedFileKind {
  readonly isName: RegExp;
  readonly assertionType: string;
  readonly sizeHeader: string;
  readonly digestHeader: string;
  readonly revisionHeader: string;
}

export const SNAP: SignedFileKind = {
  isName: /\.snap$/i,
  assertionType: 'snap-revision',
  sizeHeader: 'snap-size',
  digestHeader: 'snap-sha3-384',
  revisionHeader: 'snap-revision',
};

export const COMPONENT: SignedFileKind = {
  isName: /\.comp$/i,
  assertionType: 'snap-resource-revision',
  sizeHeader: 'resource-size',
  digestHeader: 'resource-sha3-384',
  revisionHeader: 'resource-revision',
};

/** A snap or a component, which must match an assertion. */
export interface SignedFile extends ArchiveFile {
  readonly type: 'signed-file';
  /** The possible kinds, the more likely one first. */
  readonly kinds: readonly SignedFileKind[];
  /**
   * Reports the digest that was read, which must match the manifest of a bundle. An unconfirmed file counts as missing.
   *
   * @throws StoreError `invalid-bundle` if it does not match the manifest or is not in it
   */
  readonly confirm: (read: FileDigest) => void;
}

/** The size and digest of a file that was read. */
export interface FileDigest {
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
}

/**
 * The possible kinds of a file with this name, the more likely one first. If the file is not a squashfs, it is refused
 * later for its content.
 *
 * @returns an empty list if the name is unknown
 */
export function kindsByName({ path }: ArchiveFile): readonly SignedFileKind[] {
  if (SNAP.isName.test(path)) return [SNAP, COMPONENT];
  return COMPONENT.isName.test(path) ? [COMPONENT, SNAP] : [];
}
