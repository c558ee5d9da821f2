import type { Exhausted } from '../common/byte-budget.js';
import { StoreError } from '../common/errors.js';
import { OVERLOAD_RETRY_SECONDS } from '../common/limits.js';

/** The refusal when the memory that requests share is used up. */
export function outOfMemory(what: string, who: Exhausted, holds: string): StoreError {
  return new StoreError(
    who === 'address' ? 'too-many-requests' : 'overloaded',
    `cannot ${what}: ${who === 'address' ? 'this address' : 'the store'} has too many bytes ${holds}; ask again in ${OVERLOAD_RETRY_SECONDS} seconds`,
    { retryAfterSeconds: OVERLOAD_RETRY_SECONDS },
  );
}
