import { randomBytes } from 'node:crypto';
import { MAX_OLD_METADATA_SNAPS } from '../../src/common/limits.js';
import { SNAP_FIELDS } from '../bench/snapd-request.js';
import { get, post } from './http-bytes.js';
import type { Target } from './target.js';

/**
 * Makes the bytes of one request.
 *
 * @param serial - its number, from which requests that must differ derive their content
 */
export type MakeRequest = (target: Target, serial: number) => Buffer;

export const REFRESH = '/v2/snaps/refresh';
export const OVERRIDES = '/v2/metadata/overrides';
/** The most actions of one request. */
export const ACTIONS = 2_000;

function list<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function benchName({ snaps }: Target, index: number): string {
  return `bench-${1 + (index % snaps)}`;
}

function benchId({ snaps }: Target, index: number): string {
  return `bench${1 + (index % snaps)}x`.padEnd(32, 'x');
}

function refresh(
  actions: readonly object[],
  more: object = {},
  headers: Record<string, string> = {},
): Buffer {
  return post(REFRESH, { context: [], actions, fields: ['version'], ...more }, headers);
}

/** @param perAction - validation sets of each action; all are different, and the store has none of them */
export function madeUpSets(actions: number, perAction: number): MakeRequest {
  return (target, serial) =>
    refresh(
      list(actions, (action) => ({
        action: 'install',
        name: benchName(target, action),
        'instance-key': `${action}`,
        channel: 'stable',
        'validation-sets': list(perAction, (set) => [
          '16',
          'x',
          `s${serial}n${action * perAction + set}`,
          '1',
        ]),
      })),
    );
}

/** Every action requests the same snap, whose snap.yaml is long. */
export function sameSnapAgain(actions: number): MakeRequest {
  return ({ bigYamlName }) =>
    refresh(
      list(actions, (action) => ({ action: 'download', name: bigYamlName, 'instance-key': `${action}` })),
      { fields: ['snap-yaml'] },
    );
}

/**
 * Snaps of the store, with all fields that snapd requests.
 *
 * @param others - whether each request is for other snaps
 */
export function knownSnaps(actions: number, more: object = {}, others = false): MakeRequest {
  return (target, serial) =>
    refresh(
      list(actions, (action) => ({
        action: 'refresh',
        'snap-id': benchId(target, (others ? serial * actions : 0) + action),
        'instance-key': `${action}`,
        ...more,
      })),
      { fields: SNAP_FIELDS },
    );
}

export function madeUpIds(actions: number): MakeRequest {
  return () =>
    refresh(
      list(actions, (action) => ({
        action: 'refresh',
        'snap-id': randomBytes(16).toString('hex'),
        'instance-key': `${action}`,
      })),
    );
}

export function madeUpAssertions(count: number): MakeRequest {
  return (_target, serial) =>
    refresh([
      {
        action: 'fetch-assertions',
        key: 'g',
        assertions: list(count, (index) => ({ type: 'account', 'primary-key': [`a${serial}x${index}`] })),
      },
    ]);
}

export function manyFormats(count: number): MakeRequest {
  return () =>
    refresh([], { 'assertion-max-formats': Object.fromEntries(list(count, (index) => [`t${index}`, 1])) });
}

/** Nested lists, as deep as the bytes allow. */
export function deepLists(depth: number): MakeRequest {
  return () => post(REFRESH, `{"context":${'['.repeat(depth)}${']'.repeat(depth)}}`);
}

export function longNames(actions: number, characters: number): MakeRequest {
  return (_target, serial) =>
    refresh(
      list(actions, (action) => ({
        action: 'install',
        name: `${serial}n${action}`.padEnd(characters, 'n'),
        'instance-key': `${action}`,
        channel: 'stable',
      })),
    );
}

/** Every spelling of a channel leads to the same release: a missing branch falls back to its risk. */
export function channelSpellings(actions: number): MakeRequest {
  return (target, serial) =>
    refresh(
      list(actions, (action) => ({
        action: 'install',
        name: benchName(target, action),
        'instance-key': `${action}`,
        channel: `latest/stable/b${serial}`,
      })),
      { fields: SNAP_FIELDS },
    );
}

/** A device that accepts deltas and claims to have unknown revisions. */
export function madeUpRevisions(entries: number): MakeRequest {
  return (_target, serial) =>
    refresh(
      [],
      {
        context: list(entries, (entry) => ({
          'snap-id': `s${serial}x${entry}`.padEnd(128, 'x'),
          'instance-key': `${entry}`,
          revision: entry + 1,
          'tracking-channel': 'stable'.padStart(128, 'c/'),
        })),
      },
      { 'Snap-Accept-Delta-Format': 'xdelta3' },
    );
}

export const findNothing: MakeRequest = () => get('/v2/snaps/find?q=bench&architecture=zzz');
export const findNoArchitecture: MakeRequest = () => get('/v2/snaps/find?architecture=zzz');
export const findOrdinary: MakeRequest = (_target, serial) =>
  get(`/v2/snaps/find?q=bench-${serial % 100}&channel=stable&fields=${SNAP_FIELDS.join()}`);
export const names: MakeRequest = () => get('/api/v1/snaps/names');
export const categories: MakeRequest = () => get('/v2/snaps/categories');
export const download: MakeRequest = ({ largePath }) => get(largePath);
export const infoKnown: MakeRequest = (target, serial) => get(`/v2/snaps/info/${benchName(target, serial)}`);
export const infoMadeUp: MakeRequest = () => get(`/v2/snaps/info/${randomBytes(12).toString('hex')}`);
export const assertionMadeUp: MakeRequest = () =>
  get(`/v2/assertions/account/${randomBytes(12).toString('hex')}`);

/** The request of snapd before 2.33 about its snaps. */
export function oldMetadata(fields: readonly string[]): MakeRequest {
  return (target) =>
    post('/api/v1/snaps/metadata', {
      snaps: list(MAX_OLD_METADATA_SNAPS, (index) => ({ snap_id: benchId(target, index) })),
      ...(fields.length > 0 && { fields }),
    });
}
export const oldSearch: MakeRequest = () => get('/api/v1/snaps/search?fields=description,snap_yaml_raw');
export const oldDetails: MakeRequest = (target, serial) =>
  get(`/api/v1/snaps/details/${benchName(target, serial)}`);
export const chainMadeUp: MakeRequest = () =>
  get(`/api/v1/snaps/assertions/${randomBytes(48).toString('hex')}`);

/** A guessed management password. */
export const guess: MakeRequest = () =>
  get(`${OVERRIDES}/bench-1`, {
    Authorization: `Basic ${Buffer.from(`admin:${randomBytes(6).toString('hex')}`).toString('base64')}`,
  });

/** A body as long as the store accepts, on a route that ignores it. */
export function longBody(path: string, bytes: number): MakeRequest {
  return () => post(path, Buffer.alloc(bytes, ' '));
}

export const cohortsMadeUp: MakeRequest = (_target, serial) =>
  post('/v2/cohorts', { snaps: list(500, (index) => `made-up-${serial}-${index}`) });
