import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Pkcs11Token } from '../common/crypto/pkcs11-tool.js';
import { StoreError } from '../common/errors.js';
import { replaceFile } from '../common/files/replace-file.js';
import { DatabaseLocation } from '../database/database-location.js';
import { readPrivateFile, unreadable } from './private-file.js';
import { formatSecretsKeys, parseSecretsKeys, type SecretsKey } from './secrets-key.js';
import { TokenKeys } from './token-keys.js';

/** In the data directory, and the name of systemd's credential. */
export const SECRETS_KEY_FILE = 'secrets.key';
/** The same, encrypted by `systemd-creds` for this machine only. */
export const SEALED_KEY_FILE = 'secrets.key.cred';

/** Only the account of the store may read the file, and it is not changed by mistake. */
const KEY_FILE_MODE = 0o400;

/** @see systemd.exec(5), LoadCredential= */
const CREDENTIALS_VARIABLE = 'CREDENTIALS_DIRECTORY';

/**
 * The keys of this machine that wrap secrets. They are kept outside the database, so that a copy of the
 * database reveals no secret.
 */
@Injectable()
export class SecretsKeyringService {
  private keys: readonly SecretsKey[] | undefined;

  constructor(private readonly location: DatabaseLocation) {}

  /** Where this machine keeps a key of its own. */
  get path(): string {
    return join(this.location.dataDir, SECRETS_KEY_FILE);
  }

  /**
   * Every key of this machine. The first one is used for new databases.
   *
   * @throws StoreError `storage-failed` if a file cannot be read or others may read it, `invalid-request` if
   *   its content is invalid
   */
  all(): readonly SecretsKey[] {
    return (this.keys ??= [...this.fromSystemd(), ...this.held()]);
  }

  /** Finds a key by its id. If it is unknown, the files are read again: another process may have added it. */
  find(id: string): SecretsKey | undefined {
    const known = this.all().find((key) => key.id === id);
    if (known) return known;
    this.keys = undefined;
    return this.all().find((key) => key.id === id);
  }

  /** Stores a key, as the last one in the data directory. @returns whether it is new */
  add(key: SecretsKey): boolean {
    if (this.find(key.id)) return false;
    this.write([...this.held(), key]);
    return true;
  }

  /** Removes every key in the data directory but one. */
  keepOnly(id: string): void {
    const held = this.held();
    const kept = held.filter((key) => key.id === id);
    if (kept.length > 0 && kept.length < held.length) this.write(kept);
  }

  /**
   * Encrypts the keys of the data directory to a PKCS#11 token, and removes the file in clear.
   *
   * @param pin - of the token
   * @returns the ids of the keys that only the token can decrypt now
   * @throws StoreError `storage-failed` if the token cannot be used; nothing changes then
   */
  sealWith(token: Pkcs11Token, pin: string): string[] {
    const held = this.held();
    if (held.length === 0)
      throw new StoreError(
        'not-configured',
        `cannot seal the secrets key: there is none in ${this.location.dataDir}`,
      );
    this.token().seal(held, token, pin);
    rmSync(this.path, { force: true });
    this.keys = undefined;
    return held.map(({ id }) => id);
  }

  /**
   * Moves the keys from the token back into the file.
   *
   * @returns their ids
   * @throws StoreError `not-configured` if no token has any, `storage-failed` if it cannot be used
   */
  unseal(): string[] {
    if (!this.token().isUsed)
      throw new StoreError('not-configured', 'cannot unseal the secrets key: no token has it');
    const held = this.held();
    replaceFile(this.path, formatSecretsKeys(held), KEY_FILE_MODE);
    this.token().remove();
    this.keys = undefined;
    return held.map(({ id }) => id);
  }

  private token(): TokenKeys {
    return new TokenKeys(this.location.dataDir, statSync(this.location.dataDir).uid);
  }

  /** The keys of the data directory: those that the token decrypts, and those in clear next to them. */
  private held(): SecretsKey[] {
    const token = this.token();
    return token.isUsed ? [...token.read(), ...this.fromFile()] : this.fromFile();
  }

  private write(keys: readonly SecretsKey[]): void {
    const token = this.token();
    if (token.isUsed) token.write(keys);
    else this.writeFile(keys);
    this.keys = undefined;
  }

  private writeFile(keys: readonly SecretsKey[]): void {
    replaceFile(this.path, formatSecretsKeys(keys), KEY_FILE_MODE);
  }

  private fromFile(): SecretsKey[] {
    const text = readPrivateFile(this.path, statSync(this.location.dataDir).uid);
    return text === undefined ? [] : parseSecretsKeys(text, this.path);
  }

  /** systemd gives the service its key. A command on the same machine decrypts it itself. */
  private fromSystemd(): SecretsKey[] {
    const folder = process.env[CREDENTIALS_VARIABLE];
    const credential = folder === undefined || folder === '' ? undefined : join(folder, SECRETS_KEY_FILE);
    if (credential !== undefined && existsSync(credential))
      return parseSecretsKeys(readFileSync(credential, 'utf8'), credential);
    const sealed = join(this.location.dataDir, SEALED_KEY_FILE);
    return existsSync(sealed) ? parseSecretsKeys(decrypt(sealed), sealed) : [];
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
