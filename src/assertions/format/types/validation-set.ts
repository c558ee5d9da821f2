import type { Assertion, HeaderMap, HeaderValue } from '../assertion.js';
import {
  checkPresent,
  HeaderError,
  isMap,
  readMaps,
  readMatching,
  readNonEmptyText,
  readNumber,
  readOptionalMap,
  readOptionalNumber,
  readOptionalOneOf,
  readText,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { checkSnapName, SET_NAME, SNAP_ID } from './patterns.js';
import { UniqueSnaps } from './unique-snaps.js';

const PRESENCES = ['required', 'optional', 'invalid'];

/** If a snap is pinned to a revision, so are its components; otherwise they are not. */
function checkComponent(component: HeaderValue, of: string, isSnapPinned: boolean): void {
  const fields = typeof component === 'string' ? { presence: component } : component;
  if (!isMap(fields)) throw new HeaderError(`${of} is not a map or a string`);
  readText(fields, 'presence', of);
  const isInvalid = readOptionalOneOf(fields, 'presence', PRESENCES, of) === 'invalid';
  const isPinned = readOptionalNumber(fields, 'revision', 1, of) !== undefined;
  if (isPinned && isInvalid) throw new HeaderError(`${of} is invalid, so it must not have a revision`);
  if (isSnapPinned && !isPinned && !isInvalid)
    throw new HeaderError(`${of} must have a revision, because its snap has one`);
  if (isPinned && !isSnapPinned)
    throw new HeaderError(`${of} must not have a revision, because its snap has none`);
}

/** snapcore/snapd: asserts/validation_set.go, checkValidationSetSnap */
function checkSnap(snap: HeaderMap, unique: UniqueSnaps): void {
  const name = readNonEmptyText(snap, 'name', 'snap');
  checkSnapName(name, 'snap name');
  const of = `snap ${quote(name)}`;
  const id = readMatching(snap, 'id', SNAP_ID, of);
  const presence = readOptionalOneOf(snap, 'presence', PRESENCES, of);
  const revision = readOptionalNumber(snap, 'revision', 1, of);
  if (revision !== undefined && presence === 'invalid')
    throw new HeaderError(`${of} is invalid, so it must not have a revision`);
  const components = readOptionalMap(snap, 'components', of) ?? {};
  for (const [component, value] of Object.entries(components)) {
    checkSnapName(component, 'component name');
    checkComponent(value, `component ${quote(component)} of ${of}`, revision !== undefined);
  }
  unique.add(name, id);
}

/** @see snapcore/snapd: asserts/validation_set.go, assembleValidationSet */
export function checkValidationSet({ headers, authorityId }: Assertion): void {
  if (headers['account-id'] !== authorityId)
    throw new HeaderError('header "account-id" must be the authority, which issues validation sets');
  readMatching(headers, 'name', SET_NAME);
  readNumber(headers, 'sequence', 1);
  checkPresent(headers, 'snaps');
  const unique = new UniqueSnaps();
  for (const snap of readMaps(headers, 'snaps')) checkSnap(snap, unique);
  readTime(headers, 'timestamp');
}
