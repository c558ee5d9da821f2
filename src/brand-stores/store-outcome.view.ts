import type { StoreOutcome } from './brand-stores.service.js';

/** The result for a store, in one line. */
export function storeLine({ storeId, brandId, parentId, outcome }: StoreOutcome): string {
  const parent = parentId === null ? '' : `, parent ${parentId}`;
  return `[store ${storeId}] Brand: ${brandId}${parent} (${outcome})`;
}

export function storeJson({ storeId, brandId, parentId, outcome }: StoreOutcome): object {
  return { store: storeId, 'brand-id': brandId, parent: parentId, outcome };
}
