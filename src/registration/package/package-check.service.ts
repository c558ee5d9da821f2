import { createHash, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { MAX_SIGNATURE_FILE_BYTES } from '../../bundles/format/manifest-signature.js';
import { StoreError } from '../../common/errors.js';
import { readBounded } from '../../common/streams.js';
import { BUNDLE_PUBLIC_KEY, BUNDLE_TRUSTED_KEYS } from '../../keys/key.settings.js';
import { DATABASE_CONNECTION } from '../../settings/database.settings.js';
import { SettingsService } from '../../settings/settings.service.js';
import { UnitConfigService } from '../../settings/unit-config.service.js';
import { decodeCarriedSettings, SETTINGS_FILE } from './carried-settings.js';
import {
  checkListSignature,
  LIST_FILE,
  LIST_SIGNATURE_FILE,
  MAX_LIST_BYTES,
  parseList,
} from './package-list.js';
import { archiveDigest, packageMembers, type PackageMember } from './package-members.js';

/** The folder in the data directory into which install.sh puts the data of the package. */
export const INSTALLED_FOLDER = 'package';

/** The result of the check of a package. */
export interface CheckedPackage {
  readonly files: number;
  /** SHA-256 of the archive in hex; undefined for an unpacked package. */
  readonly sha256: string | undefined;
  /** Id of the trusted key that signed it; undefined if the signature was not checked. */
  readonly signedBy: string | undefined;
}

/** Files of a package whose content is kept; the others are only hashed. */
const KEPT: ReadonlyMap<string, number> = new Map([
  [LIST_FILE, MAX_LIST_BYTES],
  [LIST_SIGNATURE_FILE, MAX_SIGNATURE_FILE_BYTES],
]);

/** Checks that an install package is complete, and that a trusted machine made it. */
@Injectable()
export class PackageCheckService {
  constructor(
    private readonly settings: SettingsService,
    private readonly unit: UnitConfigService,
  ) {}

  /**
   * Checks a package: every member matches the list, and no file is unlisted. If this store trusts bundle keys, one of
   * them must have signed the list.
   *
   * @param path - the archive, or the folder with its unpacked files
   * @param allowUnsigned - accept a package that none of the trusted keys has signed
   * @throws StoreError `invalid-bundle` naming the fault
   */
  async check(path: string, allowUnsigned = false): Promise<CheckedPackage> {
    try {
      const { list, signature, files } = await readPackage(path);
      const keys = allowUnsigned ? [] : await this.trustedKeys();
      const signedBy = keys.length === 0 ? undefined : signerOf(list, signature, keys);
      return { files, signedBy, sha256: await archiveDigest(path) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const code = error instanceof StoreError ? error.code : 'invalid-bundle';
      throw new StoreError(code, `cannot use the install package ${path}: ${error.message}`, {
        cause: error,
      });
    }
  }

  /**
   * The trusted keys, as for bundles: those in the settings and this machine's own; before the registration, those
   * of the package.
   */
  private async trustedKeys(): Promise<readonly KeyObject[]> {
    const carried = await this.carriedKeys();
    if (!this.hasDatabase()) return carried;
    const own = await this.settings.find(BUNDLE_PUBLIC_KEY);
    const set = await this.settings.isSet(BUNDLE_TRUSTED_KEYS);
    const trusted = set ? await this.settings.get(BUNDLE_TRUSTED_KEYS) : carried;
    return own ? [...trusted, own] : trusted;
  }

  private async carriedKeys(): Promise<readonly KeyObject[]> {
    const path = join(this.unit.dataDir, INSTALLED_FOLDER, SETTINGS_FILE);
    if (!existsSync(path)) return [];
    const settings = new Map(decodeCarriedSettings(await readFile(path, 'utf8')));
    return BUNDLE_TRUSTED_KEYS.parse(settings.get(BUNDLE_TRUSTED_KEYS.key) ?? '[]');
  }

  /** Whether a database exists: a query to a store that was never used would create one. */
  private hasDatabase(): boolean {
    const { [DATABASE_CONNECTION.key]: connection = '' } = this.unit.read();
    return connection !== '' || this.unit.hasEmbeddedDatabase;
  }
}

interface ReadPackage {
  readonly list: Buffer;
  readonly signature: Buffer | undefined;
  readonly files: number;
}

async function readPackage(path: string): Promise<ReadPackage> {
  const kept = new Map<string, Buffer>();
  const found = new Map<string, string>();
  for await (const member of packageMembers(path)) {
    const limit = KEPT.get(member.name);
    if (limit === undefined) found.set(member.name, await digestOf(member));
    else kept.set(member.name, await readMember(member, limit));
  }
  const list = kept.get(LIST_FILE);
  if (!list) throw new StoreError('invalid-bundle', `it has no ${LIST_FILE}`);
  checkMembers(parseList(list.toString('utf8')), found);
  return { list, signature: kept.get(LIST_SIGNATURE_FILE), files: found.size };
}

function checkMembers(listed: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): void {
  for (const [name, digest] of found) {
    const wanted = listed.get(name);
    if (wanted === undefined)
      throw new StoreError('invalid-bundle', `${name} is not in its list (${LIST_FILE}): somebody added it`);
    if (wanted !== digest) throw new StoreError('invalid-bundle', `${name} does not match its list`);
  }
  for (const name of listed.keys())
    if (!found.has(name)) throw new StoreError('invalid-bundle', `${name} is missing`);
}

function signerOf(list: Buffer, signature: Buffer | undefined, keys: readonly KeyObject[]): string {
  if (signature) return checkListSignature(list, signature, keys);
  throw new StoreError(
    'invalid-bundle',
    'it is not signed, and this store trusts bundle keys (proxy.bundle.trusted-keys): create it on a machine with a bundle key',
  );
}

async function digestOf({ content }: PackageMember): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}

async function readMember({ name, content }: PackageMember, limit: number): Promise<Buffer> {
  return await readBounded(
    content,
    limit,
    () => new StoreError('too-large', `${name} is longer than ${limit} bytes`),
  );
}
