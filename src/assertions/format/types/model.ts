import { isRisk } from '../../../channels/channel.js';
import type { Assertion, HeaderMap } from '../assertion.js';
import {
  checkAbsent,
  HeaderError,
  readMaps,
  readMatching,
  readNonEmptyText,
  readOneOf,
  readOptionalBoolean,
  readOptionalNumber,
  readOptionalText,
  readTexts,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { checkModelSnaps } from './model-snaps.js';
import { ACCOUNT_ID, checkSnapName, MODEL, SET_NAME } from './patterns.js';

const DISTRIBUTION = /^[a-z0-9._-]*$/;
const VALIDATION_SET_MODES = ['prefer-enforce', 'enforce'];

/** For types that only the brand itself may sign. */
export function checkAuthorityIsBrand({ type, headers, authorityId }: Assertion): void {
  if (headers['brand-id'] !== authorityId)
    throw new HeaderError(`header "brand-id" must be the authority: a ${type.name} is signed by its brand`);
}

/** snapcore/snapd: asserts/model.go, checkModel */
export function checkModelName(headers: HeaderMap): void {
  readMatching(headers, 'model', MODEL);
}

/** A snap of Core 16 and 18: `name`, or `name=track`. */
function checkSnapWithTrack(headers: HeaderMap, name: string): void {
  if (headers[name] === undefined) return;
  const [snapName = '', ...rest] = readOptionalText(headers, name).split('=');
  checkSnapName(snapName, `header "${name}": snap name`);
  const track = rest.join('=');
  if (track.includes('/') || isRisk(track))
    throw new HeaderError(`header "${name}" does not select a track: ${quote(track)}`);
}

/** A model of Core 16 and 18, or of classic without snaps of its own. */
function checkPlainModel(headers: HeaderMap, isClassic: boolean): void {
  for (const name of ['grade', 'storage-safety', 'distribution'])
    checkAbsent(headers, name, 'a model without "snaps"');
  if (isClassic) for (const name of ['kernel', 'base']) checkAbsent(headers, name, 'a classic model');
  for (const name of ['architecture', 'gadget', ...(isClassic ? [] : ['kernel'])])
    (isClassic ? readOptionalText : readNonEmptyText)(headers, name);
  checkSnapWithTrack(headers, 'kernel');
  checkSnapWithTrack(headers, 'gadget');
  for (const name of readTexts(headers, 'required-snaps'))
    checkSnapName(name, 'header "required-snaps": snap name');
}

/** A model of Core 20 and later, or of classic with snaps of its own. */
function checkExtendedModel(headers: HeaderMap, isClassic: boolean): void {
  for (const name of ['gadget', 'kernel', 'required-snaps'])
    checkAbsent(headers, name, 'a model with "snaps"');
  if (isClassic) readMatching(headers, 'distribution', DISTRIBUTION);
  else checkAbsent(headers, 'distribution', 'a model that is not classic');
  readNonEmptyText(headers, 'architecture');
  checkModelSnaps(headers, readNonEmptyText(headers, 'base'), isClassic);
}

/** snapcore/snapd: asserts/model.go, checkOptionalModelValidationSets */
function checkValidationSets(headers: HeaderMap): void {
  const seen = new Set<string>();
  for (const entry of readMaps(headers, 'validation-sets')) {
    const name = readMatching(entry, 'name', SET_NAME, 'validation set');
    const of = `validation set ${quote(name)}`;
    const account = readOptionalText(entry, 'account-id', of) || readNonEmptyText(headers, 'brand-id');
    readOptionalNumber(entry, 'sequence', 1, of);
    readOneOf(entry, 'mode', VALIDATION_SET_MODES, of);
    const key = `${account}/${name}`;
    if (seen.has(key)) throw new HeaderError(`header "validation-sets" has ${quote(key)} twice`);
    seen.add(key);
  }
}

/** @see snapcore/snapd: asserts/model.go, assembleModel */
export function checkModel(assertion: Assertion): void {
  const { headers } = assertion;
  checkAuthorityIsBrand(assertion);
  checkModelName(headers);
  const isClassic = readOptionalBoolean(headers, 'classic');
  const base = readOptionalText(headers, 'base');
  if (base !== '') checkSnapName(base, 'header "base": snap name');
  (headers['snaps'] === undefined ? checkPlainModel : checkExtendedModel)(headers, isClassic);
  readOptionalText(headers, 'store');
  readOptionalText(headers, 'display-name');
  readTexts(headers, 'serial-authority', ACCOUNT_ID);
  if (headers['system-user-authority'] !== '*') readTexts(headers, 'system-user-authority', ACCOUNT_ID);
  readTexts(headers, 'preseed-authority', ACCOUNT_ID);
  readTime(headers, 'timestamp');
  checkValidationSets(headers);
}
