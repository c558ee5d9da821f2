import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { parseChannel, type Channel } from '../channels/channel.js';
import { isFields } from '../common/domain/json.js';
import { DEFAULT_ARCHITECTURE, isArchitecture, isRevision } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { isSnapName } from '../snap-files/yaml-fields.js';

export const DEFAULT_CHANNEL = 'latest/stable';

/** Snaps of one command. */
export const MAX_FETCHED_SNAPS = 1_000;
/** Largest file of `--from-yaml`. */
export const MAX_PACKAGE_LIST_BYTES = 1 << 20;

/** A snap that an operator asked for. */
export interface WantedSnap {
  readonly name: string;
  /** Exactly this revision; undefined for the revisions of the channels. */
  readonly revision: number | undefined;
  /** The channels to fetch from; with a revision, the channels to release it to. */
  readonly channels: readonly Channel[];
}

/** A request of `fetch-snaps`. */
export interface FetchRequest {
  readonly snaps: readonly WantedSnap[];
  readonly architectures: readonly string[];
}

export interface FetchWords {
  readonly names: readonly string[];
  readonly channels: readonly string[];
  readonly architectures: readonly string[];
  readonly yamlFile: string | undefined;
}

function refuse(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-request', `cannot fetch snaps: ${why}`, { cause });
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 80);
}

function checkName(name: unknown): string {
  if (typeof name === 'string' && isSnapName(name)) return name;
  throw refuse(name === undefined ? 'a package has no name' : `${shown(name)} is not a snap name`);
}

function checkRevision(name: string, revision: unknown): number {
  if (isRevision(String(revision))) return Number(revision);
  throw refuse(`revision ${shown(revision)} of ${name} is invalid: give a number from 1`);
}

/** `NAME` or `NAME=REVISION`. */
function parseWord(word: string, channels: readonly Channel[]): WantedSnap {
  const at = word.indexOf('=');
  const name = checkName(at === -1 ? word : word.slice(0, at));
  return { name, channels, revision: at === -1 ? undefined : checkRevision(name, word.slice(at + 1)) };
}

async function readPackages(path: string): Promise<unknown[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(missing ? `there is no file ${path}` : `${path}: ${(error as Error).message}`, error);
  }
  if (Buffer.byteLength(text) > MAX_PACKAGE_LIST_BYTES)
    throw refuse(`${path} is longer than ${MAX_PACKAGE_LIST_BYTES} bytes`);
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw refuse(`${path} is not YAML`, error);
  }
  const packages = isFields(document) ? document['packages'] : undefined;
  if (Array.isArray(packages) && packages.length > 0) return packages;
  throw refuse(`${path} has no list "packages"`);
}

const PACKAGE_KEYS = ['name', 'revision', 'push_channel'];

function parsePackage(path: string, value: unknown, channels: readonly Channel[]): WantedSnap {
  if (!isFields(value)) throw refuse(`${path} lists a package that is not a map: ${shown(value)}`);
  const unknown = Object.keys(value).find((key) => !PACKAGE_KEYS.includes(key));
  if (unknown !== undefined)
    throw refuse(`${path} has an unknown key ${shown(unknown)} (known keys: ${PACKAGE_KEYS.join(', ')})`);
  const name = checkName(value['name']);
  const revision = value['revision'] === undefined ? undefined : checkRevision(name, value['revision']);
  const channel = value['push_channel'];
  if (channel === undefined) return { name, revision, channels };
  // YAML reads 2.0 as a number; a channel is a string.
  if (typeof channel !== 'string')
    throw refuse(`${path}: put push_channel ${shown(channel)} of ${name} in quotes`);
  return { name, revision, channels: [parseChannel(channel)] };
}

function withoutRepeats(snaps: readonly WantedSnap[]): WantedSnap[] {
  const seen = new Map(snaps.map((snap) => [JSON.stringify(snap), snap]));
  return [...seen.values()];
}

/**
 * Parses the arguments of `fetch-snaps`.
 *
 * @throws StoreError `invalid-request` or `invalid-channel` naming the value that cannot be read
 */
export async function parseFetchRequest(words: FetchWords): Promise<FetchRequest> {
  const channels = (words.channels.length > 0 ? words.channels : [DEFAULT_CHANNEL]).map(parseChannel);
  const architectures = words.architectures.length > 0 ? words.architectures : [DEFAULT_ARCHITECTURE];
  for (const architecture of architectures)
    if (!isArchitecture(architecture))
      throw refuse(`${shown(architecture)} is not an architecture (amd64, arm64, armhf, ...)`);
  const { yamlFile } = words;
  const packages = yamlFile === undefined ? [] : await readPackages(yamlFile);
  const snaps = withoutRepeats([
    ...words.names.map((word) => parseWord(word, channels)),
    ...packages.map((value) => parsePackage(yamlFile ?? '', value, channels)),
  ]);
  if (snaps.length === 0) throw refuse('name a snap, or give --from-yaml FILE');
  if (snaps.length > MAX_FETCHED_SNAPS) throw refuse(`more than ${MAX_FETCHED_SNAPS} snaps in one command`);
  return { snaps, architectures: [...new Set(architectures)] };
}
