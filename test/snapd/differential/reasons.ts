/**
 * The reasons for which the store refuses assertions that snapd accepts, with the messages of the refusals.
 * docs/decisions/0005-where-snapd-decides-otherwise.md explains them. Every other difference is a fault.
 */
const REASONS: readonly (readonly [reason: string, refusal: RegExp])[] = [
  ['a number above the limit of the store, or not in canonical form', /is not a whole number from/],
  [
    'a format above the known one, in an assertion that snapd adds to no database',
    /: format \d+ is above the known/,
  ],
  ['a signature with an unusual packet', /^cannot decode signature: /],
  ['a public key that cannot sign, or with an unusual packet', /^cannot decode public key: /],
  ['a time that only Go accepts, such as one with a single digit', /is not an RFC 3339 time/],
  ['a digest that contains line breaks', /is not a digest: .*\\[rn]/],
  ['lists and maps nested deeper than 64', /nested lists and maps/],
];

/** @returns undefined if there is no reason */
export function reasonFor(snapdAccepts: boolean, ourRefusal: string): string | undefined {
  if (!snapdAccepts) return undefined;
  return REASONS.find(([, refusal]) => refusal.test(ourRefusal))?.[0];
}
