/** A stored delta. */
export interface BudgetedDelta {
  readonly key: string;
  readonly sizeBytes: number;
  /** When it was last fetched, otherwise when it was made. */
  readonly usedAt: Date;
}

/** A new delta that needs space. */
export interface Newcomer {
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * The deltas to drop so that the others, and a new one, fit the budget: first those that no device wants, the least
 * recently used first; then those that are wanted less than
 * the new one. (Without the second rule, wanted deltas would evict each other forever.)
 *
 * @param wanted - keys of the deltas that devices could use, the most wanted first
 * @returns undefined if the new one does not fit
 */
export function makeRoom<T extends BudgetedDelta>(
  held: readonly T[],
  wanted: readonly string[],
  maxBytes: number,
  newcomer?: Newcomer,
): T[] | undefined {
  const rank = new Map(wanted.map((key, index) => [key, index]));
  const rankOf = ({ key }: { readonly key: string }) => rank.get(key) ?? wanted.length;
  const least = newcomer ? rankOf(newcomer) : -1;
  let excess = held.reduce((sum, { sizeBytes }) => sum + sizeBytes, newcomer?.sizeBytes ?? 0) - maxBytes;
  const leaving: T[] = [];
  const inOrder = held
    .filter((delta) => !rank.has(delta.key) || rankOf(delta) > least)
    .toSorted((a, b) => rankOf(b) - rankOf(a) || a.usedAt.getTime() - b.usedAt.getTime());
  for (const delta of inOrder) {
    if (excess <= 0) break;
    leaving.push(delta);
    excess -= delta.sizeBytes;
  }
  return excess <= 0 ? leaving : undefined;
}
