import type { StoreOutcome } from './brand-stores.service.js';
import { storeView, type StoreView } from './store.view.js';

/** The result for a store, in one line. */
export function storeLine({ storeId, brandId, parentId, outcome }: StoreOutcome): string {
  const parent = parentId === null ? '' : `, parent ${parentId}`;
  return `[store ${storeId}] Brand: ${brandId}${parent} (${outcome})`;
}

export function storeJson(store: StoreOutcome): StoreView & Pick<StoreOutcome, 'outcome'> {
  return { ...storeView(store), outcome: store.outcome };
}
