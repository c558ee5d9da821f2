import type { SnapOwner } from './snap-owners.repository.js';

/** The store of a snap as JSON. */
export interface SnapOwnerView {
  /** null: it is public. */
  readonly store: string | null;
  readonly private: boolean;
}

export function snapOwnerView({ storeId, isPrivate }: SnapOwner): SnapOwnerView {
  return { store: storeId, private: isPrivate };
}
