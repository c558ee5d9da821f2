import type { Assertion, HeaderMap } from '../assertion.js';
import {
  checkDigest,
  checkPresent,
  HeaderError,
  readMaps,
  readMatching,
  readNonEmptyText,
  readOptionalNumber,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { checkModelName } from './model.js';
import { checkSnapName, SET_NAME, SNAP_ID } from './patterns.js';
import { UniqueSnaps } from './unique-snaps.js';

/** snapcore/snapd: asserts/preseed.go, checkPreseedComponents */
function checkComponents(snap: HeaderMap, isSnapAsserted: boolean, of: string): void {
  const names = new Set<string>();
  for (const component of readMaps(snap, 'components', of)) {
    const name = readNonEmptyText(component, 'name', `component of ${of}`);
    checkSnapName(name, 'component name');
    const what = `component ${quote(name)} of ${of}`;
    const hasRevision = readOptionalNumber(component, 'revision', 1, what) !== undefined;
    if (hasRevision !== isSnapAsserted)
      throw new HeaderError(`${what} and its snap must both have a revision, or neither`);
    if (names.has(name)) throw new HeaderError(`${what} is listed twice`);
    names.add(name);
  }
}

/** snapcore/snapd: asserts/preseed.go, checkPreseedSnap: id and revision go together */
function checkSnap(snap: HeaderMap, unique: UniqueSnaps): void {
  const name = readNonEmptyText(snap, 'name', 'snap');
  checkSnapName(name, 'snap name');
  const of = `snap ${quote(name)}`;
  const id = snap['id'] === undefined ? '' : readMatching(snap, 'id', SNAP_ID, of);
  const hasRevision = readOptionalNumber(snap, 'revision', 1, of) !== undefined;
  if (hasRevision !== (id !== '')) throw new HeaderError(`${of} has only one of "id" and "revision"`);
  checkComponents(snap, hasRevision, of);
  unique.add(name, id);
}

/** @see snapcore/snapd: asserts/preseed.go, assemblePreseed */
export function checkPreseed({ headers }: Assertion): void {
  checkModelName(headers);
  readMatching(headers, 'system-label', SET_NAME);
  checkPresent(headers, 'snaps');
  const unique = new UniqueSnaps();
  for (const snap of readMaps(headers, 'snaps')) checkSnap(snap, unique);
  checkDigest(headers, 'artifact-sha3-384');
  readTime(headers, 'timestamp');
}
