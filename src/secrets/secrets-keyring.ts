import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, fstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { replaceFile } from '../common/replace-file.js';
import { openTrusted } from '../common/trusted-file.js';
import { DatabaseLocation } from '../database/database-location.js';
import { formatSecretsKeys, parseSecretsKeys, type SecretsKey } from './secrets-key.js';

/** In the data directory, and the name of systemd's credential. */
export const SECRETS_KEY_FILE = 'secrets.key';
/** The same, encrypted by `systemd-creds` for this machine alone. */
export const SEALED_KEY_FILE = 'secrets.key.cred';

/** Only the account of the store reads it, and nobody changes it by mistake. */
const KEY_FILE_MODE = 0o400;
const OTHERS = 0o077;

/** @see systemd.exec(5), LoadCredential= */
const CREDENTIALS_VARIABLE = 'CREDENTIALS_DIRECTORY';

function unreadable(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('storage-failed', `cannot read the secrets key in ${path}: ${why}`, { cause });
}

/** The keys of this machine that wrap secrets. They are kept outside the database, so that a copy of it tells none. */
@Injectable()
export class SecretsKeyring {
  private keys: readonly SecretsKey[] | undefined;

  constructor(private readonly location: DatabaseLocation) {}

  /** Where a key of this machine's own is kept. */
  get path(): string {
    return join(this.location.dataDir, SECRETS_KEY_FILE);
  }

  /**
   * Every key of this machine, the first one for new databases.
   *
   * @throws StoreError `storage-failed` where a file cannot be read or others may read it, `invalid-request` where
   *   one holds something else
   */
  all(): readonly SecretsKey[] {
    return (this.keys ??= [...this.fromSystemd(), ...this.fromFile()]);
  }

  /** A key by its id. The files are read again where it is not known: another process may have added it. */
  find(id: string): SecretsKey | undefined {
    const known = this.all().find((key) => key.id === id);
    if (known) return known;
    this.keys = undefined;
    return this.all().find((key) => key.id === id);
  }

  /** Keeps a key, as the last of those in the data directory. @returns whether it was not known before */
  add(key: SecretsKey): boolean {
    if (this.find(key.id)) return false;
    this.write([...this.fromFile(), key]);
    return true;
  }

  /** Gives up every key in the data directory but one. */
  keepOnly(id: string): void {
    const held = this.fromFile();
    const kept = held.filter((key) => key.id === id);
    if (kept.length > 0 && kept.length < held.length) this.write(kept);
  }

  private write(keys: readonly SecretsKey[]): void {
    replaceFile(this.path, formatSecretsKeys(keys), KEY_FILE_MODE);
    this.keys = undefined;
  }

  private fromFile(): SecretsKey[] {
    const text = readPrivateFile(this.path, statSync(this.location.dataDir).uid);
    return text === undefined ? [] : parseSecretsKeys(text, this.path);
  }

  /** The service is given its key by systemd; a command on the same machine has it decrypted. */
  private fromSystemd(): SecretsKey[] {
    const folder = process.env[CREDENTIALS_VARIABLE];
    const credential = folder === undefined || folder === '' ? undefined : join(folder, SECRETS_KEY_FILE);
    if (credential !== undefined && existsSync(credential))
      return parseSecretsKeys(readFileSync(credential, 'utf8'), credential);
    const sealed = join(this.location.dataDir, SEALED_KEY_FILE);
    return existsSync(sealed) ? parseSecretsKeys(decrypt(sealed), sealed) : [];
  }
}

/**
 * Reads a file that only the account of the store may read. No link is followed.
 *
 * @param directoryOwner - user id of the owner of its directory, who may own the file, as root and we may
 * @returns undefined where there is none
 */
function readPrivateFile(path: string, directoryOwner: number): string | undefined {
  const file = openTrusted(path, constants.O_RDONLY, [directoryOwner]);
  if (file === undefined) return undefined;
  try {
    if ((fstatSync(file).mode & OTHERS) !== 0)
      throw unreadable(path, `other accounts may read it; run \`chmod 400 ${path}\``);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** @see systemd-creds(1) */
function decrypt(path: string): string {
  const asked = spawnSync('systemd-creds', ['decrypt', `--name=${SECRETS_KEY_FILE}`, path, '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (asked.status === 0) return asked.stdout;
  const why = asked.error?.message ?? asked.stderr.trim().split('\n').at(-1);
  throw unreadable(path, `systemd-creds: ${why}`, asked.error);
}
