import type { Assertion } from '../../assertions/format/assertion.js';
import { headerText } from '../../assertions/format/header-text.js';
import type { BatchResult } from '../../assertions/trust/batch.js';
import type { ArchiveFile } from '../tar-entries.js';

/** What vouches for a file. */
export interface Vouching {
  readonly isName: RegExp;
  readonly typeName: string;
  readonly sizeHeader: string;
  readonly digestHeader: string;
  readonly revisionHeader: string;
}

export const SNAP: Vouching = {
  isName: /\.snap$/i,
  typeName: 'snap-revision',
  sizeHeader: 'snap-size',
  digestHeader: 'snap-sha3-384',
  revisionHeader: 'snap-revision',
};

export const COMPONENT: Vouching = {
  isName: /\.comp$/i,
  typeName: 'snap-resource-revision',
  sizeHeader: 'resource-size',
  digestHeader: 'resource-sha3-384',
  revisionHeader: 'resource-revision',
};

/**
 * What may vouch for a file of such a name, what the name says first. A file of a good name that is no squashfs is
 * looked at all the same, and refused for what is in it.
 */
export function vouchingsFor({ path }: ArchiveFile): readonly Vouching[] {
  if (SNAP.isName.test(path)) return [SNAP, COMPONENT];
  return COMPONENT.isName.test(path) ? [COMPONENT, SNAP] : [];
}

/** A trusted assertion that is about a file of the right size. */
export interface Candidate {
  readonly vouching: Vouching;
  readonly assertion: Assertion;
}

/** The believed assertions that are about a file of this size. */
export function candidatesOf(
  { sizeBytes }: ArchiveFile,
  vouchings: readonly Vouching[],
  { believed }: BatchResult,
): Candidate[] {
  return vouchings.flatMap((vouching) =>
    believed
      .filter(
        (one) =>
          one.type.name === vouching.typeName && Number(headerText(one, vouching.sizeHeader)) === sizeBytes,
      )
      .map((assertion) => ({ vouching, assertion })),
  );
}
