import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { copyPackage, findNpmPackage, linkLibraries } from './npm-binaries.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { spawnIdentity, type ServerAccount } from './server-account.js';

/** The oldest PostgreSQL version with which the schema is tested. */
export const OLDEST_MAJOR = 15;

const DEBIAN_FOLDER = '/usr/lib/postgresql';

export type BinariesSource = 'host' | 'npm';

/** PostgreSQL programs that the server's account can run. */
export interface PostgresBinaries {
  readonly folder: string;
  readonly major: number;
  readonly source: BinariesSource;
}

/** The requirements for the programs. */
export interface BinariesWanted {
  readonly account: ServerAccount;
  /** The data directory; it gets a copy of programs that the account cannot reach. */
  readonly base: string;
  /** Use only this folder. The default is the npm package, and the host's programs if it is not installed. */
  readonly source?: BinariesSource | undefined;
  /** The major version that wrote the data, if there is data. */
  readonly major?: number | undefined;
}

/** The folders of the host's programs, newest version first, then those on PATH. */
function hostFolders(): string[] {
  const packaged = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const folders = packaged
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN_FOLDER, version, 'bin'));
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...folders, ...onPath].filter(
    (folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')),
  );
}

/** Asks the server program for its version as the account would, which shows that the account can run it. */
function probe(
  folder: string,
  source: BinariesSource,
  account: ServerAccount,
): PostgresBinaries | { readonly unusable: string } {
  const asked = spawnSync(join(folder, 'postgres'), ['--version'], {
    ...spawnIdentity(account),
    cwd: '/',
    env: PROGRAM_ENVIRONMENT,
    encoding: 'utf8',
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(asked.stdout ?? '')?.[1];
  if (asked.status === 0 && major !== undefined) return { folder, major: Number(major), source };
  const why = asked.error?.message ?? asked.stderr.trim().split('\n').at(-1);
  return { unusable: `${folder} (the account ${account.name} cannot run it: ${why})` };
}

function probeNpm(account: ServerAccount, base: string): ReturnType<typeof probe> | undefined {
  const found = findNpmPackage();
  if (!found) return undefined;
  linkLibraries(found.root);
  const inPlace = probe(join(found.root, 'native', 'bin'), 'npm', account);
  if ('folder' in inPlace) return inPlace;
  return probe(join(copyPackage(found, base, account), 'native', 'bin'), 'npm', account);
}

function* candidates({ source, account, base }: BinariesWanted): Generator<ReturnType<typeof probe>> {
  const packaged = source === 'host' ? undefined : probeNpm(account, base);
  if (packaged) yield packaged;
  // A checkout without the package. Only then are the host's programs the default.
  else if (source !== 'npm') for (const folder of hostFolders()) yield probe(folder, 'host', account);
}

/** The programs that the choice excludes, if they could read the data. */
function otherChoice({ source, account, base, major }: BinariesWanted): PostgresBinaries | undefined {
  if (source === 'npm') return undefined;
  const others =
    source === 'host'
      ? [probeNpm(account, base)]
      : hostFolders().map((folder) => probe(folder, 'host', account));
  return others.find(
    (one): one is PostgresBinaries => one !== undefined && 'folder' in one && one.major === major,
  );
}

/**
 * Finds PostgreSQL programs of the version that wrote the data. The default is the packaged ones, so that the
 * same server runs on every machine; the newest of the host if that was chosen.
 *
 * @throws StoreError `unsupported` if only other versions than that of the data are installed, `not-configured`
 *   if none is
 */
export function findBinaries(wanted: BinariesWanted): PostgresBinaries {
  const others: string[] = [];
  for (const candidate of candidates(wanted)) {
    if (!('folder' in candidate)) {
      others.push(candidate.unusable);
      continue;
    }
    const { major, folder } = candidate;
    if (wanted.major === undefined ? major >= OLDEST_MAJOR : major === wanted.major) return candidate;
    others.push(`PostgreSQL ${major} in ${folder}`);
  }
  const found = others.length === 0 ? '' : `; found: ${others.join(', ')}`;
  if (wanted.major === undefined) {
    throw new StoreError(
      'not-configured',
      `cannot start the database: PostgreSQL ${OLDEST_MAJOR} or newer was not found or cannot be run; install it, or set proxy.db.connection${found}`,
    );
  }
  throw new StoreError(
    'unsupported',
    `cannot start the database in ${join(wanted.base, 'postgres')}: PostgreSQL ${wanted.major} wrote its data, and no other version reads it; ${wayOn(wanted)} (to move the data, see docs/settings.md, "Another version of PostgreSQL")${found}`,
  );
}

/** How to continue with data of another version. */
function wayOn(wanted: BinariesWanted): string {
  const other = otherChoice(wanted);
  const choose = (choice: string) => `\`snap-store-proxy config proxy.db.embedded=${choice}\``;
  if (other)
    return `${choose(other.source === 'host' ? 'host' : 'packaged')} continues with PostgreSQL ${other.major} in ${other.folder}`;
  return `install PostgreSQL ${wanted.major}, and run ${choose('host')}`;
}
