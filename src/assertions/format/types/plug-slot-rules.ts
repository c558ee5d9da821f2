import type { HeaderMap, HeaderValue } from '../assertion.js';
import {
  HeaderError,
  isList,
  isMap,
  parseNumber,
  readOptionalBoolean,
  readOptionalList,
  readOptionalMap,
  readTexts,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { isAnchoredRe2 } from '../re2.js';
import { checkAttributeConstraints } from './attribute-constraints.js';
import { checkDeviceScope, DEVICE_SCOPES } from './device-scope.js';
import { SNAP_ID } from './patterns.js';

type Side = 'plug' | 'slot';

const SUBRULES = ['installation', 'connection', 'auto-connection'].flatMap((what) => [
  `allow-${what}`,
  `deny-${what}`,
]);

const SNAP_TYPE = /^(?:core|kernel|gadget|app)$/;
/** An account, or a mark such as `$PLUG_PUBLISHER_ID`. Later releases may have more marks. */
const PUBLISHER = /^(?:[a-z0-9A-Z]{32}|[-a-z0-9]{2,28}|\$[A-Z][A-Z0-9_]*)$/;
const SPECIAL_NAME = /^\$[A-Z][A-Z0-9_]*$/;
const DISTRIBUTION = /^[-0-9a-z._]+$/;
/** An empty variant means none. */
const DISTRIBUTION_AND_VARIANT = /^[-0-9a-z._]+\/(?:\*|[-0-9a-z._]*)$/;

const DOLLAR = {
  operations: ['SLOT', 'PLUG', 'SLOT_COMPAT', 'PLUG_COMPAT'],
  references: ['PLUG_PUBLISHER_ID', 'SLOT_PUBLISHER_ID'],
};
const ARITIES = ['slots-per-plug', 'plugs-per-slot'];

/** The known constraints of a part of a rule; others are ignored. */
interface KnownConstraints {
  readonly sides: readonly Side[];
  readonly ids: Readonly<Record<string, RegExp>>;
}

function knownConstraints(side: Side, subrule: string): KnownConstraints {
  if (subrule.endsWith('-installation'))
    return { sides: [side], ids: { [`${side}-snap-type`]: SNAP_TYPE, [`${side}-snap-id`]: SNAP_ID } };
  const other = side === 'plug' ? 'slot' : 'plug';
  return {
    sides: ['plug', 'slot'],
    ids: {
      // For slots of the base-declaration, which applies to snaps of all types.
      'slot-snap-type': SNAP_TYPE,
      [`${other}-snap-type`]: SNAP_TYPE,
      [`${other}-publisher-id`]: PUBLISHER,
      [`${other}-snap-id`]: SNAP_ID,
    },
  };
}

/** snapcore/snapd: asserts/ifacedecls.go, compileNameMatcher */
function checkNames(constraints: HeaderMap, name: string, of: string): void {
  for (const text of readTexts(constraints, name, undefined, of)) {
    const isGood = text.startsWith('$') ? SPECIAL_NAME.test(text) : !/\s/u.test(text) && isAnchoredRe2(text);
    if (!isGood) throw new HeaderError(`${quote(name)} of ${of} has a malformed element: ${quote(text)}`);
  }
}

/** snapcore/snapd: asserts/ifacedecls.go, compileSideArityConstraint */
function checkArity(constraints: HeaderMap, name: string, subrule: string, of: string): void {
  const value = constraints[name];
  if (value === undefined) return;
  if (!subrule.startsWith('allow-') || subrule.endsWith('-installation'))
    throw new HeaderError(`${quote(name)} of ${of} is only for rules that allow connections`);
  if (typeof value !== 'string') throw new HeaderError(`${quote(name)} of ${of} is not a string`);
  if (value !== '*') parseNumber(value, `${quote(name)} of ${of}`, 1);
}

/** snapcore/snapd: asserts/ifacedecls.go, compileOnClassicConstraint */
function checkOnClassic(constraints: HeaderMap, of: string): void {
  if (typeof constraints['on-classic'] === 'string') {
    readOptionalBoolean(constraints, 'on-classic', of);
    return;
  }
  for (const text of readTexts(constraints, 'on-classic', undefined, of)) {
    if (!(DISTRIBUTION.test(text) || DISTRIBUTION_AND_VARIANT.test(text)))
      throw new HeaderError(`"on-classic" of ${of} has a malformed element: ${quote(text)}`);
  }
}

/** snapcore/snapd: asserts/ifacedecls.go, baseCompileConstraints */
function checkConstraints(constraints: HeaderMap, side: Side, subrule: string, of: string): void {
  const { sides, ids } = knownConstraints(side, subrule);
  const names = sides.map((one) => `${one}-names`);
  const attributes = sides.map((one) => `${one}-attributes`);
  for (const name of names) checkNames(constraints, name, of);
  for (const name of attributes) {
    const value = constraints[name];
    if (value !== undefined) checkAttributeConstraints(value, `${quote(name)} of ${of}`, DOLLAR);
  }
  for (const [name, pattern] of Object.entries(ids)) readTexts(constraints, name, pattern, of);
  for (const name of ARITIES) checkArity(constraints, name, subrule, of);
  checkOnClassic(constraints, of);
  readOptionalBoolean(constraints, 'on-core-desktop', of);
  checkDeviceScope(constraints, of);
  const known = [
    ...names,
    ...attributes,
    ...Object.keys(ids),
    ...ARITIES,
    'on-classic',
    'on-core-desktop',
    ...DEVICE_SCOPES,
  ];
  // snapd requires it only for connections: it counts the constraints of both sides, and installations have
  // one.
  if (sides.length === 2 && known.every((name) => constraints[name] === undefined))
    throw new HeaderError(`${of} has none of ${known.join(', ')}`);
}

function isShortcut(value: HeaderValue): boolean {
  return value === 'true' || value === 'false';
}

/** Each of several alternatives is a map. A single one may be `true` or `false`. */
function checkSubrule(rule: HeaderMap, subrule: string, side: Side, of: string): void {
  const value = rule[subrule];
  if (value === undefined || isShortcut(value)) return;
  const what = `${quote(subrule)} of ${of}`;
  for (const one of isList(value) ? readOptionalList(rule, subrule, of) : [value]) {
    if (!isMap(one)) throw new HeaderError(`${what} is not true, false, a map or a list of maps`);
    checkConstraints(one, side, subrule, what);
  }
}

/** snapcore/snapd: asserts/ifacedecls.go, baseCompileRule */
function checkRule(rule: HeaderValue, side: Side, interfaceName: string): void {
  const what = `the ${side} rule for interface ${quote(interfaceName)}`;
  if (isShortcut(rule)) return;
  if (!isMap(rule)) throw new HeaderError(`${what} is not true, false or a map`);
  for (const subrule of SUBRULES) checkSubrule(rule, subrule, side, what);
  if (SUBRULES.every((subrule) => rule[subrule] === undefined))
    throw new HeaderError(`${what} has none of ${SUBRULES.join(', ')}`);
}

/**
 * Checks the rules for interfaces in `plugs` and `slots`. Devices evaluate them.
 *
 * @see snapcore/snapd: asserts/ifacedecls.go, compilePlugRule and compileSlotRule
 */
export function checkPlugSlotRules(headers: HeaderMap): void {
  for (const side of ['plug', 'slot'] as const) {
    const rules = readOptionalMap(headers, `${side}s`) ?? {};
    for (const [interfaceName, rule] of Object.entries(rules)) checkRule(rule, side, interfaceName);
  }
}
