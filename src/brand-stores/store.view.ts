import type { BrandStore } from './brand-store.js';

/** A brand store as JSON. */
export interface StoreView {
  readonly store: string;
  readonly 'brand-id': string;
  readonly parent: string | null;
}

export function storeView({ storeId, brandId, parentId }: BrandStore): StoreView {
  return { store: storeId, 'brand-id': brandId, parent: parentId };
}
