import { StoreError } from '../../common/errors.js';
import type { Assertion } from '../format/assertion.js';
import { AssertionBatch, type BatchContext, type BatchResult } from './batch.js';
import { missingRefusal } from './refusal.js';

/** Files of assertions that came together, parted into those that are believed wholly and the others. */
export interface Sifted {
  /** Why a file is refused, by its place; a file without an entry is believed, all of it. */
  readonly refused: ReadonlyMap<number, StoreError>;
  /** Of the files that are believed, what is new, each after what it needs. */
  readonly verified: readonly Assertion[];
}

type Round = {
  readonly batch: AssertionBatch;
  /** Of which file each is; those that the batch did not keep are there as well. */
  readonly owners: ReadonlyMap<Assertion, number>;
  /** Files that contradict one before them. */
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

/** What a round found against files; nothing where all that are left are believed. */
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
  // In this order: what is wrong in itself may be why others seem to contradict it or lack something.
  if (faults.size > 0) return [faults, result];
  if (round.contradicting.size > 0) return [new Map(round.contradicting), result];
  for (const { assertion, missing } of result.unresolved)
    blame(assertion, missingRefusal(assertion, missing));
  return [faults, result];
}

/**
 * Verifies files that came together: what one needs another may hold, in any order. A file with anything in it that
 * is not believed is refused as a whole, and nothing of it counts for the others.
 *
 * @param files - each the assertions of one file
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
