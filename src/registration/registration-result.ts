import type { Assertion } from '../assertions/format/assertion.js';
import { StoreError } from '../common/errors.js';

const KINDS: readonly string[] = ['account', 'account-key', 'store'];

/** The store assertion of a registration. */
export interface RegisteredStore {
  readonly storeId: string;
  readonly url: string;
  readonly assertion: Assertion;
}

function invalid(why: string): StoreError {
  return new StoreError('invalid-assertion', why);
}

/**
 * Finds the store that a stream registers. Signatures are not verified.
 *
 * @param storeId - the required store-id; if undefined, the stream must have exactly one store
 * @throws StoreError `invalid-assertion` if there is no store or another one, if it has no URL, or if the stream has
 *   assertions of other types
 */
export function findRegisteredStore(assertions: readonly Assertion[], storeId?: string): RegisteredStore {
  const other = assertions.find(({ type }) => !KINDS.includes(type.name));
  if (other)
    throw invalid(`it holds a ${other.type.name}; a registration has account-keys, an account and a store`);
  const stores = assertions.filter(({ type }) => type.name === 'store');
  const ids = new Set(stores.map(({ primaryKey }) => primaryKey[0] ?? ''));
  const found = storeId ?? [...ids][0];
  if (found === undefined) throw invalid('it contains no store assertion');
  if (ids.size !== 1 || !ids.has(found))
    throw invalid(
      storeId === undefined
        ? `it holds store assertions of ${[...ids].join(' and ')}; a registration is for one store`
        : `it holds a store assertion of ${[...ids].join(' and ') || 'no store'}, not of ${storeId} alone`,
    );
  const assertion = stores.reduce((newest, next) =>
    next.assertionRevision > newest.assertionRevision ? next : newest,
  );
  const { url } = assertion.headers;
  if (typeof url !== 'string' || url === '')
    throw invalid(`the store assertion of ${found} has no url, so devices cannot use the store`);
  return { storeId: found, url, assertion };
}
