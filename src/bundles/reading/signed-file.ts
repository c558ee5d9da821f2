import type { ArchiveFile } from '../tar-entries.js';

/** What assertions are about: the type of these, and which headers say what of the file. */
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

/** A snap or a component, which must equal what an assertion says of it. */
export interface SignedFile extends ArchiveFile {
  readonly type: 'signed-file';
  /** What it may be, the likelier first. */
  readonly kinds: readonly SignedFileKind[];
  /**
   * Says what was read: it must be what the manifest of a bundle lists. A file that nobody confirms counts as missing.
   *
   * @throws StoreError `invalid-bundle` where the manifest lists another one, or none of this name
   */
  readonly confirm: (read: FileDigest) => void;
}

/** What a file was found to be by reading it. */
export interface FileDigest {
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
}

/**
 * What a file of such a name may be, what the name says first. A file of a good name that is no squashfs is looked at
 * all the same, and refused for what is in it.
 *
 * @returns none where the name says nothing
 */
export function kindsByName({ path }: ArchiveFile): readonly SignedFileKind[] {
  if (SNAP.isName.test(path)) return [SNAP, COMPONENT];
  return COMPONENT.isName.test(path) ? [COMPONENT, SNAP] : [];
}
