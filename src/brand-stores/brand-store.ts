import { isStoreId, MAX_STORE_ID_LENGTH } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import type { DeviceSession } from './device-session.js';

/** snapcore/snapd: asserts/account.go, validAccountID */
const ACCOUNT_ID = /^(?:[a-z0-9A-Z]{32}|[-a-z0-9]{2,28})$/;

/** The store of all public snaps: those that belong to no brand store. */
export const GLOBAL_STORE = 'ubuntu';

/** A store that models name. Only devices of its brand get its snaps. */
export interface BrandStore {
  readonly storeId: string;
  /** The account whose models may name the store. */
  readonly brandId: string;
  /** A store whose snaps its devices get too. */
  readonly parentId: string | null;
}

/** @throws StoreError `invalid-request` on an invalid id of a brand store */
export function checkStoreId(storeId: string, what: string): void {
  const shown = JSON.stringify(storeId.slice(0, 80));
  if (!isStoreId(storeId))
    throw new StoreError(
      'invalid-request',
      `cannot ${what}: ${shown} is not a store id: use up to ${MAX_STORE_ID_LENGTH} letters, digits, - and _`,
    );
  if (storeId === GLOBAL_STORE)
    throw new StoreError('invalid-request', `cannot ${what}: ${shown} is the store of all public snaps`);
}

/** @throws StoreError `invalid-request` on an invalid account-id */
export function checkBrandId(brandId: string, what: string): void {
  if (ACCOUNT_ID.test(brandId)) return;
  throw new StoreError(
    'invalid-request',
    `cannot ${what}: ${JSON.stringify(brandId.slice(0, 80))} is not an account-id`,
  );
}

/** A store, its parent, the parent's parent, and so on. */
export function withParents(stores: ReadonlyMap<string, BrandStore>, storeId: string): readonly string[] {
  const ids: string[] = [];
  for (let next = stores.get(storeId); next && !ids.includes(next.storeId);) {
    ids.push(next.storeId);
    next = next.parentId === null ? undefined : stores.get(next.parentId);
  }
  return ids;
}

/**
 * The brand stores that a device belongs to: the store that its model names, if it belongs to the model's
 * brand, and its parents. A device with an unverified serial belongs to none.
 */
export function storesOf(
  session: DeviceSession | undefined,
  stores: ReadonlyMap<string, BrandStore>,
): readonly string[] {
  if (!session || session.trust === 'unknown' || session.storeId === undefined) return [];
  return stores.get(session.storeId)?.brandId === session.brandId ? withParents(stores, session.storeId) : [];
}
