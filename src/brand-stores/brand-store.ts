import { isStoreId, MAX_STORE_ID_LENGTH } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import type { ProvenDevice } from './proven-device.js';

/** snapcore/snapd: asserts/account.go, validAccountID */
const ACCOUNT_ID = /^(?:[a-z0-9A-Z]{32}|[-a-z0-9]{2,28})$/;

/** The store of everybody: a snap that no brand store owns is in it. */
export const GLOBAL_STORE = 'ubuntu';

/** A store that models name, whose snaps only devices of its brand get. */
export interface BrandStore {
  readonly storeId: string;
  /** The account whose models may name it. */
  readonly brandId: string;
  /** A store whose snaps its devices get as well. */
  readonly parentId: string | null;
}

/** @throws StoreError `invalid-request` on what cannot be the id of a brand store */
export function checkStoreId(storeId: string, what: string): void {
  const shown = JSON.stringify(storeId.slice(0, 80));
  if (!isStoreId(storeId))
    throw new StoreError(
      'invalid-request',
      `cannot ${what}: ${shown} is not a store id: use up to ${MAX_STORE_ID_LENGTH} letters, digits, - and _`,
    );
  if (storeId === GLOBAL_STORE)
    throw new StoreError('invalid-request', `cannot ${what}: ${shown} is the store of everybody`);
}

/** @throws StoreError `invalid-request` on what cannot be an account-id */
export function checkBrandId(brandId: string, what: string): void {
  if (ACCOUNT_ID.test(brandId)) return;
  throw new StoreError(
    'invalid-request',
    `cannot ${what}: ${JSON.stringify(brandId.slice(0, 80))} is not an account-id`,
  );
}

/** A store, its parent, the parent of that, and so on. */
export function withParents(stores: ReadonlyMap<string, BrandStore>, storeId: string): readonly string[] {
  const ids: string[] = [];
  for (let next = stores.get(storeId); next && !ids.includes(next.storeId);) {
    ids.push(next.storeId);
    next = next.parentId === null ? undefined : stores.get(next.parentId);
  }
  return ids;
}

/**
 * The brand stores that a device is of: the one that its model names, where that is its brand's, and the
 * parents of that. A device whose serial nobody vouches for is of none.
 */
export function storesOf(
  device: ProvenDevice | null | undefined,
  stores: ReadonlyMap<string, BrandStore>,
): readonly string[] {
  if (!device || device.trust === 'unknown' || device.storeId === undefined) return [];
  return stores.get(device.storeId)?.brandId === device.brandId ? withParents(stores, device.storeId) : [];
}
