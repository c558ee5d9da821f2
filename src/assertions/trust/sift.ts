import { StoreError } from '../../common/errors.js';
import type { Assertion } from '../format/assertion.js';
import { AssertionBatch, type BatchContext, type BatchResult } from './batch.js';
import { missingRefusal } from './refusal.js';

/** Files of assertions that came together, split into those that are accepted completely and the others. */
export interface Sifted {
  /** Why a file is refused, by its position. A file without an entry is accepted completely. */
  readonly refused: ReadonlyMap<number, StoreError>;
  /** The new assertions of the accepted files, each after its prerequisites. */
  readonly verified: readonly Assertion[];
}

type Round = {
  readonly batch: AssertionBatch;
  /** The file of each assertion, including those that the batch did not keep. */
  readonly owners: ReadonlyMap<Assertion, number>;
  /** Files that contradict an earlier one. */
  readonly contradicting: ReadonlyMap<number, StoreError>;
};

function beginRound(files: readonly (readonly Assertion[])[], left: ReadonlySet<number>): Round {
  const batch = new AssertionBatch();
  const owners = new Map<Assertion, number>();
  const contradicting = new Map<number, StoreError>();
  for (const place of left) {
    try {
      for (const assertion of files[place] ?? []) {
        owners.set(assertion, place);
        batch.add(assertion);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      contradicting.set(place, error);
    }
  }
  return { batch, owners, contradicting };
}

/** The errors that a round found in files; empty if all remaining ones are accepted. */
async function faultsOf(
  round: Round,
  context: BatchContext,
): Promise<[Map<number, StoreError>, BatchResult]> {
  const faults = new Map<number, StoreError>();
  const blame = (assertion: Assertion, error: StoreError) => {
    const place = round.owners.get(assertion);
    if (place !== undefined && !faults.has(place)) faults.set(place, error);
  };
  const result = await round.batch.verify(context, blame);
  // In this order: an invalid assertion may be why others seem to contradict it or miss a prerequisite.
  if (faults.size > 0) return [faults, result];
  if (round.contradicting.size > 0) return [new Map(round.contradicting), result];
  for (const { assertion, missing } of result.unresolved)
    blame(assertion, missingRefusal(assertion, missing));
  return [faults, result];
}

/**
 * Verifies files that came together. One may contain the prerequisites of another, in any order. A file with
 * any unverified assertion is refused as a whole, and does not help to verify the others.
 *
 * @param files - the assertions of each file
 */
export async function siftFiles(
  files: readonly (readonly Assertion[])[],
  context: BatchContext,
): Promise<Sifted> {
  const refused = new Map<number, StoreError>();
  const left = new Set(files.keys());
  for (;;) {
    const [faults, result] = await faultsOf(beginRound(files, left), context);
    if (faults.size === 0) return { refused, verified: result.verified };
    for (const [place, error] of faults) {
      refused.set(place, error);
      left.delete(place);
    }
  }
}
