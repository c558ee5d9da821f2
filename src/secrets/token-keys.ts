import { spawnSync } from 'node:child_process';
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicPem } from '../common/crypto/pem.js';
import { PKCS11_TOOL, tokenFailure, tokenLogin, type Pkcs11Token } from '../common/crypto/pkcs11-tool.js';
import { isFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { replaceFile } from '../common/files/replace-file.js';
import { readPrivateFile } from './private-file.js';
import { formatSecretsKeys, parseSecretsKeys, type SecretsKey } from './secrets-key.js';

/** In the data directory: the secrets keys, encrypted to a key that never leaves a PKCS#11 token. */
export const TOKEN_FILE = 'secrets.key.token';
/** The PIN of that token; also the name of systemd's credential. The PIN is useless without the token. */
export const TOKEN_PIN_FILE = 'secrets.pin';
/** Environment variable with the PIN, if neither of them has it. */
export const TOKEN_PIN_VARIABLE = 'SNAP_STORE_PROXY_SECRETS_PIN';

const KEY_BITS = 3_072;
/** Length of CKA_ID. */
const ID_BYTES = 8;
const FILE_MODE = 0o400;

/** The only RSAES-OAEP variant that every token supports; SoftHSM has no other. RFC 8017, section 7.1. */
const OAEP = ['--mechanism', 'RSA-PKCS-OAEP', '--hash-algorithm', 'SHA-1'];

interface TokenFile {
  readonly token: Pkcs11Token;
  /** CKA_ID of the key pair in the token, hexadecimal. */
  readonly keyId: string;
  /** PEM. */
  readonly publicKey: string;
  /** Secrets key id to encrypted key in base64. */
  readonly wrapped: Readonly<Record<string, string>>;
}

function unusable(doing: string, why: string, cause?: unknown): StoreError {
  return new StoreError('storage-failed', `cannot ${doing} the token of the secrets key: ${why}`, { cause });
}

/** The secrets keys of a machine whose PKCS#11 token decrypts them. */
export class TokenKeys {
  constructor(
    private readonly dataDir: string,
    private readonly directoryOwner: number,
  ) {}

  /** Whether this machine keeps its keys with a token. */
  get isUsed(): boolean {
    return existsSync(this.path);
  }

  get path(): string {
    return join(this.dataDir, TOKEN_FILE);
  }

  /**
   * Decrypts every key with the token.
   *
   * @throws StoreError `storage-failed` if the token, its PIN or the file cannot be used
   */
  read(): SecretsKey[] {
    const file = this.file();
    return Object.values(file.wrapped).flatMap((wrapped) =>
      parseSecretsKeys(this.decrypt(file, Buffer.from(wrapped, 'base64')), this.path),
    );
  }

  /** Keeps these keys and no others. The token is not needed: its public key is enough. */
  write(keys: readonly SecretsKey[]): void {
    this.put({ ...this.file(), wrapped: wrapAll(keys, this.file().publicKey) });
  }

  /**
   * Makes a key pair in a token and moves the keys there. Nothing changes unless the token can decrypt what was
   * encrypted to it.
   */
  seal(keys: readonly SecretsKey[], token: Pkcs11Token, pin: string): void {
    const keyId = randomBytes(ID_BYTES).toString('hex');
    const pair = [
      '--keypairgen',
      '--key-type',
      `rsa:${KEY_BITS}`,
      '--usage-decrypt',
      '--label',
      'secrets-key',
    ];
    run('generate a key in', token, pin, [...pair, '--id', keyId]);
    const der = run('read a key of', token, pin, ['--read-object', '--type', 'pubkey', '--id', keyId]);
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const file = {
      token,
      keyId,
      publicKey: publicPem(publicKey),
      wrapped: wrapAll(keys, publicPem(publicKey)),
    };
    for (const [id, wrapped] of Object.entries(file.wrapped)) {
      const [opened] = parseSecretsKeys(this.decrypt(file, Buffer.from(wrapped, 'base64'), pin), this.path);
      if (opened?.id !== id) throw unusable('seal with', 'it cannot decrypt what was encrypted to it');
    }
    replaceFile(join(this.dataDir, TOKEN_PIN_FILE), pin, FILE_MODE);
    this.put(file);
  }

  /** Stops using the token. The keys must already be kept elsewhere. */
  remove(): void {
    for (const name of [TOKEN_FILE, TOKEN_PIN_FILE]) rmSync(join(this.dataDir, name), { force: true });
  }

  private put({ token, keyId, publicKey, wrapped }: TokenFile): void {
    const document = {
      module: token.module,
      'token-label': token.label,
      'key-id': keyId,
      'public-key': publicKey,
      wrapped,
    };
    replaceFile(this.path, `${JSON.stringify(document, null, 2)}\n`, FILE_MODE);
  }

  private file(): TokenFile {
    const text = readPrivateFile(this.path, this.directoryOwner) ?? '';
    try {
      const document = JSON.parse(text) as Readonly<Record<string, unknown>>;
      const { module, 'token-label': label, 'key-id': keyId, 'public-key': publicKey, wrapped } = document;
      if ([module, label, keyId, publicKey].every((value) => typeof value === 'string') && isTexts(wrapped))
        return {
          token: { module: module as string, label: label as string },
          keyId: keyId as string,
          publicKey: publicKey as string,
          wrapped,
        };
    } catch (error) {
      throw unusable('read', `${this.path} is not JSON`, error);
    }
    throw unusable('read', `${this.path} lacks a member`);
  }

  private decrypt({ token, keyId }: TokenFile, wrapped: Buffer, pin = this.pin()): string {
    // Passed as a file, because the program cannot read a socket. Its content is not secret.
    const folder = mkdtempSync(join(tmpdir(), 'snap-store-proxy-token-'));
    try {
      const input = join(folder, 'wrapped');
      writeFileSync(input, wrapped);
      const words = ['--decrypt', ...OAEP, '--id', keyId, '--input-file', input];
      return run('decrypt with', token, pin, words).toString('utf8');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private pin(): string {
    const folder = process.env['CREDENTIALS_DIRECTORY'];
    const path = folder ? join(folder, TOKEN_PIN_FILE) : '';
    // A file that systemd made may name this account in an access list, which shows as a group permission.
    const credential = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    const own = readPrivateFile(join(this.dataDir, TOKEN_PIN_FILE), this.directoryOwner);
    const pin = credential ?? own ?? process.env[TOKEN_PIN_VARIABLE];
    if (pin !== undefined && pin !== '') return pin.trimEnd();
    throw unusable(
      'open',
      `its PIN is missing: put it into ${join(this.dataDir, TOKEN_PIN_FILE)} (mode 0400)`,
    );
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every((text) => typeof text === 'string');
}

function wrapAll(keys: readonly SecretsKey[], publicKey: string): Record<string, string> {
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  return Object.fromEntries(
    keys.map((key) => {
      const line = Buffer.from(formatSecretsKeys([key]));
      return [key.id, publicEncrypt({ key: publicKey, ...padding }, line).toString('base64')];
    }),
  );
}

/** Synchronous: a secret is decrypted when its setting is read. */
function run(doing: string, token: Pkcs11Token, pin: string, words: readonly string[]): Buffer {
  const login = tokenLogin(token, pin);
  const { status, stdout, stderr, error } = spawnSync(PKCS11_TOOL, [...login.words, ...words], {
    env: login.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return stdout;
  // If the program could not be started, there is no output.
  const said = error === undefined ? stderr.toString('utf8') : '';
  throw tokenFailure(`${doing} the token of the secrets key`, error, said);
}
