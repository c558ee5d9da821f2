import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { MAX_BATCH_ASSERTIONS } from './batch.js';
import { referenceKey } from './reference.js';

/** The prerequisites of an assertion: those of its type, then its signing key. */
export function neededBy(assertion: Assertion): readonly AssertionRef[] {
  const signedWith = { type: 'account-key', primaryKey: [assertion.signKeyId] };
  return [...assertion.type.prerequisites(assertion), signedWith];
}

/**
 * Finds an assertion. Undefined ends the walk there: it is already trusted, or does not exist.
 *
 * @param needing - the assertion that requires it; undefined for the first one
 */
export type FindPrerequisite = (
  reference: AssertionRef,
  needing: Assertion | undefined,
) => Promise<Assertion | undefined>;

/**
 * Walks from an assertion to all its prerequisites, depth first.
 *
 * @returns each assertion once, after its prerequisites; the first one comes last
 * @throws StoreError `too-large` beyond {@link MAX_BATCH_ASSERTIONS}, and the errors of `find`
 * @see snapcore/snapd: asserts/fetcher.go, chase
 */
export async function* walkPrerequisites(
  start: AssertionRef,
  find: FindPrerequisite,
): AsyncGenerator<Assertion> {
  const seen = new Set<string>();
  // A chain may be long, so the walk has its own stack.
  const open: { readonly assertion: Assertion | undefined; readonly wanted: AssertionRef[] }[] = [
    { assertion: undefined, wanted: [start] },
  ];
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const next = last.wanted.shift();
    if (!next) {
      open.pop();
      if (last.assertion) yield last.assertion;
    } else if (!seen.has(referenceKey(next))) {
      if (seen.size >= MAX_BATCH_ASSERTIONS)
        throw new StoreError(
          'too-large',
          `${start.type} requires more than ${MAX_BATCH_ASSERTIONS} assertions`,
        );
      seen.add(referenceKey(next));
      const assertion = await find(next, last.assertion);
      if (assertion) open.push({ assertion, wanted: [...neededBy(assertion)] });
    }
  }
}
