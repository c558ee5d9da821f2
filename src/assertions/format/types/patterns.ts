import { HeaderError } from '../header-checks.js';
import { quote } from '../quote.js';

/** snapcore/snapd: asserts/account.go, validAccountID */
export const ACCOUNT_ID = /^(?:[a-z0-9A-Z]{32}|[-a-z0-9]{2,28})$/;
/** snapcore/snapd: snap/naming/validate.go, ValidSnapID */
export const SNAP_ID = /^[a-z0-9A-Z]{32}$/;
/** snapcore/snapd: snap/naming/validate.go, ValidProvenance and ValidApp */
export const PROVENANCE = /^[a-zA-Z0-9](?:-?[a-zA-Z0-9])*$/;
export const APP_NAME = PROVENANCE;
/** snapcore/snapd: snap/naming/validate.go, ValidAlias */
export const ALIAS = /^[a-zA-Z0-9][-_.a-zA-Z0-9]*$/;
/** snapcore/snapd: asserts/model.go, checkModel: lower-case letters only */
export const MODEL = /^[a-z0-9](?:-?[a-z0-9])*$/;
/** References to a model may contain capital letters in snapd: asserts/model.go, validModel. */
export const MODEL_REFERENCE = PROVENANCE;
/** snapcore/snapd: asserts/validation_set.go and asserts/preseed.go: validation-set names, system labels */
export const SET_NAME = MODEL;
/** snapcore/snapd: asserts/serial_asserts.go, validSerialStrict */
export const STRICT_SERIAL = /^[a-zA-Z0-9](?:[:+-]?[a-zA-Z0-9])*$/;

const SNAP_NAME_LENGTH = { min: 2, max: 40 };
/** Letters and digits with single dashes between them, none at an end. */
const DASHED = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * Whether a string has at least one letter in addition to digits and single dashes. In two steps, because
 * snapd's single expression takes exponential time in JavaScript.
 *
 * @see snapcore/snapd: asserts/account_key.go, validAccountKeyName; snap/naming/validate.go, isValidName
 */
export function isDashedName(text: string): boolean {
  return DASHED.test(text) && /[a-z]/.test(text);
}

/**
 * Names of snaps, components and resources.
 *
 * @see snapcore/snapd: snap/naming/validate.go, ValidateSnap
 */
export function checkSnapName(name: string, what: string): void {
  if (name.length < SNAP_NAME_LENGTH.min || name.length > SNAP_NAME_LENGTH.max || !isDashedName(name))
    throw new HeaderError(`${what} ${quote(name)} is malformed`);
}
