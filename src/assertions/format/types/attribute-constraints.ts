import type { HeaderValue } from '../assertion.js';
import { HeaderError, isList, isMap } from '../header-checks.js';
import { quote } from '../quote.js';
import { isAnchoredRe2 } from '../re2.js';

/** What may follow a `$`, in addition to `$MISSING`. */
export interface DollarConstraints {
  /** Names of `$NAME(argument)`. */
  readonly operations: readonly string[];
  /** Names of `$NAME`. */
  readonly references: readonly string[];
}

/** The position in the constraints. */
interface Place {
  readonly what: string;
  readonly allowed: DollarConstraints;
  /** A whole expression is only allowed as the constraint of a key. */
  readonly inMap: boolean;
  /** A list of alternatives may not directly contain another one. */
  readonly inAlternatives: boolean;
}

const OPERATION = /^\$([A-Z][A-Z_]*)\([^,]+\)$/;

function checkText(text: string, { what, allowed, inMap }: Place): void {
  if (!inMap) throw new HeaderError(`${what} is not a map, or a list of maps`);
  if (text.startsWith('$')) {
    const operation = OPERATION.exec(text)?.[1];
    const isKnown =
      text === '$MISSING' ||
      allowed.references.includes(text.slice(1)) ||
      (operation !== undefined && allowed.operations.includes(operation));
    if (!isKnown) throw new HeaderError(`${what} is unknown: ${quote(text)}`);
  } else if (!isAnchoredRe2(text)) {
    throw new HeaderError(`${what} is not a regular expression: ${quote(text)}`);
  }
}

function check(constraint: HeaderValue, place: Place): void {
  const { what } = place;
  if (isMap(constraint)) {
    for (const [key, inner] of Object.entries(constraint))
      check(inner, { ...place, what: `${quote(key)} of ${what}`, inMap: true, inAlternatives: false });
  } else if (isList(constraint)) {
    if (place.inAlternatives) throw new HeaderError(`${what} has alternatives within alternatives`);
    for (const alternative of constraint) check(alternative, { ...place, inAlternatives: true });
  } else checkText(constraint, place);
}

/**
 * Checks the constraints on a plug's or a slot's attributes, or on the headers that a key may sign: maps of
 * regular expressions, `$` constraints, maps, and lists of alternatives.
 *
 * @param what - their name in an error
 * @see snapcore/snapd: asserts/constraint.go, compileAttrMatcher
 */
export function checkAttributeConstraints(
  constraints: HeaderValue,
  what: string,
  allowed: DollarConstraints,
): void {
  check(constraints, { what, allowed, inMap: false, inAlternatives: false });
}
