import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { publicPem } from '../../common/crypto/pem.js';
import { StoreError } from '../../common/errors.js';
import { tryFolder } from '../../common/files/make-folders.js';
import { accountHint } from '../../common/files/store-account.js';
import { findNpmPackage } from '../../database/embedded/npm-binaries.js';
import {
  BUNDLE_PRIVATE_KEY,
  BUNDLE_PUBLIC_KEY,
  BUNDLE_REQUIRE_SIGNATURE,
  BUNDLE_TRUSTED_KEYS,
} from '../../keys/key.settings.js';
import { SettingsService } from '../../settings/settings.service.js';
import { encodeRegistration, type Registration } from '../format/registration-bundle.js';
import { isSealedKey, sealPrivateKey } from '../format/sealed-key.js';
import { CARRIED_KEYS, encodeCarriedSettings, SETTINGS_FILE, TLS_KEYS } from './carried-settings.js';
import {
  fetchedRuntime,
  nodeArchitecture,
  nodeRuntimeFiles,
  ownArchitecture,
  parseNodeArchitecture,
  type Architecture,
} from './node-runtime.js';
import { writeArchive, type SignList, type WrittenFile } from './package-archive.js';
import { signList } from './package-list.js';
import { packageSbom, SBOM_FILE } from './package-sbom.js';
import {
  databaseFiles,
  installedProgram,
  programFiles,
  type InstalledProgram,
  type PackedFile,
} from './program-files.js';

export const PACKAGE_FILE = 'offline-snap-store.tar.gz';
export const PACKAGE_FOLDER = 'offline-snap-store';
/** From format 2, the installed program checks a later package (`check-package`), and install.sh calls it. */
const PACKAGE_FORMAT = 2;
/** The risks of the original's own channels. */
const PROGRAM_CHANNELS = ['stable', 'candidate', 'beta', 'edge'];

/** The options of an install package. */
export interface InstallPackageOptions {
  /** The file to write; by default {@link PACKAGE_FILE} in the working directory. */
  readonly output?: string | undefined;
  /** Whether an existing file may be replaced. */
  readonly force?: boolean | undefined;
  /** `--arch`; by default this machine's architecture. */
  readonly architecture?: string | undefined;
  /** `--channel`: recorded in the package. It selects nothing, because there is only one program. */
  readonly channel?: string | undefined;
  /** `--node-runtime`: a Node program, or its folder. */
  readonly nodeRuntime?: string | undefined;
  /** `--install-password`: encrypts the private key. */
  readonly installPassword?: string | undefined;
}

/** The written package. */
export interface InstallPackage {
  readonly path: string;
  readonly architecture: Architecture;
  readonly encrypted: boolean;
  /** SHA-256 of the file in hex, which the operator carries separately from the file. */
  readonly sha256: string;
  /** Whether a bundle key has signed its list. */
  readonly isSigned: boolean;
  /** One line for the operator about each optional part that is missing. */
  readonly notes: readonly string[];
}

/**
 * Makes `offline-snap-store.tar.gz`: everything that a machine without a network needs to become a registered
 * store.
 */
@Injectable()
export class InstallPackageService {
  constructor(private readonly settings: SettingsService) {}

  /**
   * Checks everything that does not depend on the registration, before the store is registered.
   *
   * @throws StoreError as {@link write}
   */
  check(options: InstallPackageOptions): void {
    const { path } = partsOf(options);
    try {
      tryFolder(dirname(path));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StoreError('storage-failed', `cannot write ${path}: ${why}${accountHint(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * @throws StoreError `conflict` if the file exists, `invalid-request` for an invalid architecture, channel,
   *   runtime or password, `not-configured` if the program is not built, `storage-failed` if the file cannot be
   *   written. No file is left in any of these cases
   */
  async write(registration: Registration, options: InstallPackageOptions = {}): Promise<InstallPackage> {
    const { path, architecture, channel, program, chosen, runtime, arch, npmPackage, database } =
      partsOf(options);
    const sbom = packageSbom(program.root, {
      node: runtime[0]?.path ?? '',
      isOwnArchitecture: architecture === ownArchitecture(),
      arch,
      database: npmPackage,
    });
    const sealed = await seal(registration, options.installPassword);
    const encrypted = isSealedKey(sealed.privateKey);
    const settings = await this.carriedSettings(encrypted);
    const leavesTls = encrypted && (await this.settings.list()).some(({ key }) => TLS_KEYS.includes(key));
    const files = [...programFiles(program), ...runtime, ...database];
    const sign = await this.signer();
    const members = [
      { name: 'install.sh', path: join(program.root, 'dist/packaging/install.sh') },
      ...writtenFiles(sealed, settings, versionFile(program, architecture, channel)),
      { name: 'LINKS', text: linksFile(files) },
      { name: SBOM_FILE, text: sbom },
      ...files
        .filter(({ target }) => target === undefined)
        .map(({ name, path: from }) => ({ name: `program/${name}`, path: from })),
    ];
    const sha256 = await writeArchive(path, PACKAGE_FOLDER, members, sign);
    return {
      path,
      architecture,
      encrypted,
      sha256,
      isSigned: sign !== undefined,
      notes: notes({
        settings,
        leavesTls,
        database,
        architecture,
        isOwnNode: carriesOwnNode(program, chosen),
      }),
    };
  }

  private async signer(): Promise<SignList | undefined> {
    const key = await this.settings.find(BUNDLE_PRIVATE_KEY);
    return key && ((list) => signList(list, key));
  }

  /** Only the public half of the bundle key leaves this machine. */
  private async carriedSettings(encrypted: boolean): Promise<Record<string, string>> {
    const carried: Record<string, string> = {};
    const wanted = encrypted ? CARRIED_KEYS : [...CARRIED_KEYS, ...TLS_KEYS];
    for (const { key, text, setting } of await this.settings.list())
      if (wanted.includes(key) && text !== setting.defaultText && text !== '') carried[key] = text;
    const bundleKey = await this.settings.find(BUNDLE_PUBLIC_KEY);
    if (bundleKey) {
      carried[BUNDLE_TRUSTED_KEYS.key] = JSON.stringify([publicPem(bundleKey)]);
      carried[BUNDLE_REQUIRE_SIGNATURE.key] = 'true';
    }
    return carried;
  }
}

/** Checks the options and finds the parts of a package except the registration. */
function partsOf(options: InstallPackageOptions) {
  const path = resolve(options.output ?? PACKAGE_FILE);
  const architecture =
    options.architecture === undefined ? ownArchitecture() : parseNodeArchitecture(options.architecture);
  const channel = checkChannel(options.channel ?? 'stable');
  if (existsSync(path) && options.force !== true)
    throw new StoreError('conflict', `cannot write ${path}: it exists; move it away, or give --force`);
  const program = installedProgram();
  const chosen = options.nodeRuntime ?? fetchedRuntime(program.root, architecture);
  const runtime = nodeRuntimeFiles(architecture, chosen);
  const arch = nodeArchitecture(architecture);
  const npmPackage = findNpmPackage(arch);
  const database = databaseFiles(arch, npmPackage);
  return { path, architecture, channel, program, chosen, runtime, arch, npmPackage, database };
}

function checkChannel(channel: string): string {
  if (PROGRAM_CHANNELS.includes(channel)) return channel;
  throw new StoreError(
    'invalid-request',
    `cannot make an install package of channel ${JSON.stringify(channel)}: give ${PROGRAM_CHANNELS.join(', ')}`,
  );
}

async function seal(registration: Registration, password: string | undefined): Promise<Registration> {
  if (password === undefined || isSealedKey(registration.privateKey)) return registration;
  return { ...registration, privateKey: await sealPrivateKey(registration.privateKey, password) };
}

/** `20261123T104500Z`: the alphabetical order is the order of time. */
function stamp(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The file that install.sh compares: the version, then the build time. */
function versionFile(
  { version, builtAt }: InstalledProgram,
  architecture: Architecture,
  channel: string,
): string {
  return `version=${version}\nbuilt=${stamp(builtAt)}\narchitecture=${architecture}\nchannel=${channel}\npackage-format=${PACKAGE_FORMAT}\n`;
}

/** The list of links, which install.sh creates: a package with only plain files needs no checks of link targets. */
function linksFile(files: readonly PackedFile[]): string {
  return files.flatMap(({ name, target }) => (target === undefined ? [] : [`${target} ${name}\n`])).join('');
}

function writtenFiles(
  registration: Registration,
  settings: Readonly<Record<string, string>>,
  version: string,
): WrittenFile[] {
  return [
    { name: 'VERSION', text: version },
    { name: 'proxy.assert', text: registration.storeAssertion },
    { name: 'registration_bundle.b64', text: encodeRegistration(registration), mode: 0o600 },
    { name: SETTINGS_FILE, text: encodeCarriedSettings(settings), mode: 0o600 },
  ];
}

/** Whether the package gets the Node of this machine. An installed program runs on the Node of its own package. */
function carriesOwnNode({ root }: InstalledProgram, chosen: string | undefined): boolean {
  return chosen === undefined && !process.execPath.startsWith(`${root}/`);
}

function notes(made: {
  readonly settings: Readonly<Record<string, string>>;
  readonly leavesTls: boolean;
  readonly database: readonly unknown[];
  readonly architecture: Architecture;
  readonly isOwnNode: boolean;
}): string[] {
  const { settings, leavesTls, database, architecture, isOwnNode } = made;
  return [
    ...(isOwnNode
      ? [
          `it contains the Node of this machine (${process.version}); \`npm run build\` fetches the one that is intended for packages`,
        ]
      : []),
    ...(database.length > 0
      ? []
      : [`no PostgreSQL for ${architecture} is installed here: the store will need proxy.db.connection`]),
    ...(BUNDLE_TRUSTED_KEYS.key in settings
      ? []
      : [
          'there is no bundle key here (`snap-store-proxy generate-keys`): the package is not signed, and the store will not require signatures',
        ]),
    ...(leavesTls
      ? ['an encrypted package does not contain the TLS certificate: import it on the air-gapped machine']
      : []),
  ];
}
