import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Token } from '../common/crypto/pkcs11-tool.js';
import { StoreError } from '../common/errors.js';
import { replaceFile } from '../common/files/replace-file.js';
import { DatabaseLocation } from '../database/database-location.js';
import { readPrivateFile, unreadable } from './private-file.js';
import { formatSecretsKeys, parseSecretsKeys, type SecretsKey } from './secrets-key.js';
import { TokenKeys } from './token-keys.js';

/** In the data directory, and the name of systemd's credential. */
export const SECRETS_KEY_FILE = 'secrets.key';
/** The same, encrypted by `systemd-creds` for this machine alone. */
export const SEALED_KEY_FILE = 'secrets.key.cred';

/** Only the account of the store reads it, and nobody changes it by mistake. */
const KEY_FILE_MODE = 0o400;

/** @see systemd.exec(5), LoadCredential= */
const CREDENTIALS_VARIABLE = 'CREDENTIALS_DIRECTORY';

/** The keys of this machine that wrap secrets. They are kept outside the database, so that a copy of it tells none. */
@Injectable()
export class SecretsKeyringService {
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
    return (this.keys ??= [...this.fromSystemd(), ...this.held()]);
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
    this.write([...this.held(), key]);
    return true;
  }

  /** Gives up every key in the data directory but one. */
  keepOnly(id: string): void {
    const held = this.held();
    const kept = held.filter((key) => key.id === id);
    if (kept.length > 0 && kept.length < held.length) this.write(kept);
  }

  /**
   * Moves the keys of the data directory into the care of a PKCS#11 token; the file in clear is removed.
   *
   * @param pin - of the token
   * @returns the ids of the keys that only the token opens now
   * @throws StoreError `storage-failed` where the token cannot be used; nothing is changed then
   */
  sealWith(token: Token, pin: string): string[] {
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
   * Takes the keys back from the token into the file.
   *
   * @returns their ids
   * @throws StoreError `not-configured` where no token holds any, `storage-failed` where it cannot be used
   */
  unseal(): string[] {
    if (!this.token().isUsed)
      throw new StoreError('not-configured', 'cannot unseal the secrets key: no token holds it');
    const held = this.held();
    replaceFile(this.path, formatSecretsKeys(held), KEY_FILE_MODE);
    this.token().remove();
    this.keys = undefined;
    return held.map(({ id }) => id);
  }

  private token(): TokenKeys {
    return new TokenKeys(this.location.dataDir, statSync(this.location.dataDir).uid);
  }

  /** Of the data directory: what the token opens, and what is in clear beside it. */
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
