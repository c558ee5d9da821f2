/**
 * Why the store refuses what snapd accepts, by what it says: docs/decisions/0005-where-snapd-decides-otherwise.md
 * has the reasons in full. Everything else that differs is a fault.
 */
const REASONS: readonly (readonly [reason: string, refusal: RegExp])[] = [
  [
    'a number that is larger than the store counts, or not written in the one usual way',
    /is not a whole number from/,
  ],
  ['a format above the known one, of what no database of snapd ever sees', /: format \d+ is above the known/],
  ['a signature whose packet nobody writes', /^cannot decode signature: /],
  ['a public key that signs nothing, or whose packet nobody writes', /^cannot decode public key: /],
  ['a time that Go happens to read, such as one with a single digit', /is not an RFC 3339 time/],
  ['a digest with line breaks inside', /is not a digest: .*\\[rn]/],
  ['lists and maps more than 64 deep', /nested lists and maps/],
];

/** @returns undefined where there is no reason */
export function reasonFor(snapdAccepts: boolean, ourRefusal: string): string | undefined {
  if (!snapdAccepts) return undefined;
  return REASONS.find(([, refusal]) => refusal.test(ourRefusal))?.[0];
}
