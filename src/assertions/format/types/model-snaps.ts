import type { HeaderMap } from '../assertion.js';
import {
  HeaderError,
  isMap,
  readMaps,
  readMatching,
  readNonEmptyText,
  readOneOf,
  readOptionalBoolean,
  readOptionalMap,
  readOptionalOneOf,
  readOptionalText,
  readTexts,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { trackOf } from './channel-name.js';
import { checkSnapName, SNAP_ID } from './patterns.js';
import { UniqueSnaps } from './unique-snaps.js';

const GRADES = ['secured', 'signed', 'dangerous'];
const STORAGE_SAFETIES = ['encrypted', 'prefer-encrypted', 'prefer-unencrypted'];
const SNAP_TYPES = ['app', 'base', 'gadget', 'kernel', 'core', 'snapd'];
const PRESENCES = ['required', 'optional'];
const MODE = /^[a-z][-a-z]+$/;
/** A model has exactly one snap of each of these types. */
const SINGLE_TYPES = ['snapd', 'kernel', 'gadget'];

/** Bases that a model may list without their id. snapcore/snapd: snap/naming/wellknown.go */
const WELL_KNOWN_BASES = ['core', 'snapd', 'core18', 'core20', 'core22', 'core24'];

/** The properties of a model against which its snaps are checked. */
interface ModelContext {
  readonly base: string;
  readonly grade: string;
  readonly isClassic: boolean;
}

/** snapcore/snapd: asserts/model.go, checkComponentsForMaps */
function checkComponents(snap: HeaderMap, modes: readonly string[], of: string): void {
  const snapModes = new Set(modes);
  for (const [name, component] of Object.entries(readOptionalMap(snap, 'components', of) ?? {})) {
    checkSnapName(name, 'component name');
    const what = `component ${quote(name)} of ${of}`;
    const fields = typeof component === 'string' ? { presence: component } : component;
    if (!isMap(fields)) throw new HeaderError(`${what} is not a map or a string`);
    const unknown = Object.keys(fields).find((field) => field !== 'presence' && field !== 'modes');
    if (unknown !== undefined) throw new HeaderError(`${what} has an unknown entry ${quote(unknown)}`);
    readOneOf(fields, 'presence', PRESENCES, what);
    const mode = readTexts(fields, 'modes', MODE, what).find((one) => !snapModes.has(one));
    if (mode !== undefined) throw new HeaderError(`${what} is for mode ${quote(mode)}, but its snap is not`);
  }
}

/** @returns the modes that apply */
function checkPresenceAndModes(snap: HeaderMap, isEssential: boolean, of: string): readonly string[] {
  const presence = readOptionalOneOf(snap, 'presence', PRESENCES, of);
  const modes = readTexts(snap, 'modes', MODE, of);
  if (isEssential && (presence !== '' || modes.length > 0))
    throw new HeaderError(`${of} is essential and must not have a presence or modes`);
  if (isEssential) return ['run', 'ephemeral'];
  return modes.length > 0 ? modes : ['run'];
}

function checkClassicSnap(type: string, modes: readonly string[], isClassic: boolean, of: string): void {
  if (!isClassic) throw new HeaderError(`${of} is classic, but the model is not`);
  if (type !== 'app') throw new HeaderError(`${of} is classic, but of type ${type}`);
  if (modes.length !== 1 || modes[0] !== 'run')
    throw new HeaderError(`${of} is classic, but for other modes than run`);
}

/** snapcore/snapd: asserts/model.go, checkModelSnap. @returns its type */
function checkModelSnap(snap: HeaderMap, model: ModelContext, unique: UniqueSnaps): string {
  const name = readNonEmptyText(snap, 'name', 'snap');
  checkSnapName(name, 'snap name');
  const of = `snap ${quote(name)}`;
  const mayLackId = model.grade === 'dangerous' && snap['id'] === undefined;
  const id = mayLackId ? '' : readMatching(snap, 'id', SNAP_ID, of);
  const type = readOptionalOneOf(snap, 'type', SNAP_TYPES, of) || 'app';
  const isEssential = SINGLE_TYPES.includes(type) || name === model.base;
  const modes = checkPresenceAndModes(snap, isEssential, of);
  const channel = readOptionalText(snap, 'default-channel', of) || 'latest/stable';
  if (!trackOf(channel))
    throw new HeaderError(`"default-channel" of ${of} is not a channel with a track: ${quote(channel)}`);
  if (readOptionalBoolean(snap, 'classic', of)) checkClassicSnap(type, modes, model.isClassic, of);
  checkComponents(snap, modes, of);
  unique.add(name, id);
  if (name === model.base && !SINGLE_TYPES.includes(type) && type !== 'base')
    throw new HeaderError(`${of} is the base of the model, but of type ${type}`);
  return type;
}

function checkEssentialSnaps(types: readonly string[], isClassic: boolean): void {
  for (const type of SINGLE_TYPES)
    if (types.indexOf(type) !== types.lastIndexOf(type))
      throw new HeaderError(`header "snaps" has more than one ${type}`);
  const needed = isClassic ? (types.includes('kernel') ? ['gadget'] : []) : ['gadget', 'kernel'];
  for (const type of needed)
    if (!types.includes(type)) throw new HeaderError(`header "snaps" has no ${type}`);
}

function readGrade(headers: HeaderMap): string {
  const grade = readOptionalOneOf(headers, 'grade', GRADES) || 'signed';
  const safety = readOptionalOneOf(headers, 'storage-safety', STORAGE_SAFETIES);
  if (grade === 'secured' && safety !== '' && safety !== 'encrypted')
    throw new HeaderError('header "storage-safety" must be encrypted if the grade is secured');
  return grade;
}

/**
 * Checks grade and snaps of a model that lists them.
 *
 * @see snapcore/snapd: asserts/model.go, checkExtendedSnaps and assembleModel
 */
export function checkModelSnaps(headers: HeaderMap, base: string, isClassic: boolean): void {
  const model = { base, grade: readGrade(headers), isClassic };
  const unique = new UniqueSnaps();
  const snaps = readMaps(headers, 'snaps');
  checkEssentialSnaps(
    snaps.map((snap) => checkModelSnap(snap, model, unique)),
    isClassic,
  );
  const listsBase = snaps.some((snap) => snap['name'] === base && snap['type'] === 'base');
  if (!listsBase && model.grade !== 'dangerous' && !WELL_KNOWN_BASES.includes(base))
    throw new HeaderError(`header "snaps" does not list the base ${quote(base)}, whose id is not well known`);
}
