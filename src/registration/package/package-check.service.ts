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

/** Where install.sh lays what came with the package, in the data directory. */
export const INSTALLED_FOLDER = 'package';

/** What was found out about a package. */
export interface CheckedPackage {
  readonly files: number;
  /** SHA-256 of the archive in hex; undefined for an unpacked package. */
  readonly sha256: string | undefined;
  /** Id of the key that signed it, where this store trusts keys and one of them did. */
  readonly signedBy: string | undefined;
}

/** Files of a package that are kept while the others are only hashed. */
const KEPT: ReadonlyMap<string, number> = new Map([
  [LIST_FILE, MAX_LIST_BYTES],
  [LIST_SIGNATURE_FILE, MAX_SIGNATURE_FILE_BYTES],
]);

/** Says whether an install package is whole, and whether a machine that this store believes has made it. */
@Injectable()
export class PackageCheckService {
  constructor(
    private readonly settings: SettingsService,
    private readonly unit: UnitConfigService,
  ) {}

  /**
   * Checks a package: every member is as its list says, nothing is unlisted, and where this store trusts bundle keys
   * one of them signed the list.
   *
   * @param path - the archive, or the folder that it was unpacked to
   * @param allowUnsigned - take a package that none of the trusted keys has signed
   * @throws StoreError `invalid-bundle` saying what is wrong with it
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

  /** As for bundles: the keys that were set, and this machine's own; before the store is registered, those it came with. */
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

  /** Asking a store that was never used would make a database for it. */
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
    if (wanted !== digest) throw new StoreError('invalid-bundle', `${name} is not what its list says`);
  }
  for (const name of listed.keys())
    if (!found.has(name)) throw new StoreError('invalid-bundle', `${name} is missing`);
}

function signerOf(list: Buffer, signature: Buffer | undefined, keys: readonly KeyObject[]): string {
  if (signature) return checkListSignature(list, signature, keys);
  throw new StoreError(
    'invalid-bundle',
    'it is not signed, and this store trusts bundle keys (proxy.bundle.trusted-keys): make it on a machine with a bundle key',
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
