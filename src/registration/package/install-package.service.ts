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
  parseArchitecture,
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
/** Programs of format 2 check a later package themselves (`check-package`); install.sh asks the installed one. */
const PACKAGE_FORMAT = 2;
/** The risks of the original's own channels. */
const PROGRAM_CHANNELS = ['stable', 'candidate', 'beta', 'edge'];

/** What the operator wants of a package. */
export interface InstallPackageOptions {
  /** Where to write it; by default {@link PACKAGE_FILE} in the working directory. */
  readonly output?: string | undefined;
  /** Whether a file of that name may be replaced. */
  readonly force?: boolean | undefined;
  /** `--arch`: by default this machine's. */
  readonly architecture?: string | undefined;
  /** `--channel`: noted in the package; there is one program, so it chooses nothing. */
  readonly channel?: string | undefined;
  /** `--node-runtime`: a Node program, or the folder of one. */
  readonly nodeRuntime?: string | undefined;
  /** `--install-password`: encrypts the private key. */
  readonly installPassword?: string | undefined;
}

/** What was written. */
export interface InstallPackage {
  readonly path: string;
  readonly architecture: Architecture;
  readonly encrypted: boolean;
  /** SHA-256 of the file in hex, for comparison by another way than the one that the file takes. */
  readonly sha256: string;
  /** Whether a bundle key has signed its list. */
  readonly isSigned: boolean;
  /** What is not in it although it could be: one line each, for the operator. */
  readonly notes: readonly string[];
}

/** Makes `offline-snap-store.tar.gz`: all that a machine without a network needs to become a registered store. */
@Injectable()
export class InstallPackageService {
  constructor(private readonly settings: SettingsService) {}

  /**
   * Checks all that does not depend on the registration, before anybody is asked for one.
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
   * @throws StoreError `conflict` where the file exists, `invalid-request` on an architecture, a channel, a
   *   runtime or a password that cannot be used, `not-configured` where the program is not built,
   *   `storage-failed` where the file cannot be written. No file is left then
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

  /** Of the keys that sign bundles, only the public half leaves this machine. */
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

/** What a package is made of besides the registration, checked. */
function partsOf(options: InstallPackageOptions) {
  const path = resolve(options.output ?? PACKAGE_FILE);
  const architecture =
    options.architecture === undefined ? ownArchitecture() : parseArchitecture(options.architecture);
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

/** `20261123T104500Z`: in the order of time where it is in the order of letters. */
function stamp(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** What install.sh compares: the version, then the time when it was built. */
function versionFile(
  { version, builtAt }: InstalledProgram,
  architecture: Architecture,
  channel: string,
): string {
  return `version=${version}\nbuilt=${stamp(builtAt)}\narchitecture=${architecture}\nchannel=${channel}\npackage-format=${PACKAGE_FORMAT}\n`;
}

/** Links are made by install.sh: a package of plain files alone can be read without care for where a link leads. */
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

/** An installed program is run by the Node that its own package brought. */
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
          `it carries the Node of this machine (${process.version}); \`npm run build\` fetches the one that packages are meant to have`,
        ]
      : []),
    ...(database.length > 0
      ? []
      : [`no PostgreSQL for ${architecture} is installed here: the store will need proxy.db.connection`]),
    ...(BUNDLE_TRUSTED_KEYS.key in settings
      ? []
      : [
          'no key signs bundles here (`snap-store-proxy generate-keys`): the package is not signed, and the store will not ask for signatures',
        ]),
    ...(leavesTls ? ['the TLS certificate is not carried in an encrypted package: import it there'] : []),
  ];
}
