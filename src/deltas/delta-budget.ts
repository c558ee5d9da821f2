/** A delta that takes room. */
export interface BudgetedDelta {
  readonly key: string;
  readonly sizeBytes: number;
  /** When it was last fetched, else when it was made. */
  readonly usedAt: Date;
}

/** A delta that wants room. */
export interface Newcomer {
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * Which deltas must go so that the others, and a newcomer, fit into a budget: first those that no device is
 * waiting for, the one that was not used for the longest time first; then those that are wanted less than
 * the newcomer. (Without the second rule deltas that are wanted would push each other out for ever.)
 *
 * @param wanted - keys of what devices could use, the most wanted first
 * @returns undefined where there is no room for the newcomer
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
