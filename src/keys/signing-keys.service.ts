import { createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import { headerText } from '../assertions/format/header-text.js';
import { encodePublicKey, publicKeyId } from '../assertions/format/keys.js';
import { quote } from '../assertions/format/quote.js';
import type { Signer } from '../assertions/format/sign.js';
import { privatePem, publicPem } from '../common/crypto/pem.js';
import { generateRsaKeyInBackground, rsaProblem } from '../common/crypto/rsa-key.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import { readPrivateKey } from './key-pair.js';
import { GENERATED_KEY_BITS } from './keys.service.js';
import { Pkcs11TokenService } from './pkcs11-token.service.js';
import { signingKeyView } from './signing-key.view.js';
import { SigningKeysRepository, type SigningKeyRow } from './signing-keys.repository.js';

/** Longest name of a signing key. */
export const MAX_KEY_NAME_LENGTH = 64;

const KEY_NAME = /^[a-zA-Z0-9](?:[-_.]?[a-zA-Z0-9])*$/;
const TOKEN_ID_BYTES = 16;

/** The source of a new key: generated here, generated in the token, or a file with its private half. */
export type KeySource = { readonly file: string } | 'software' | 'token';

/** A key that a brand can sign with. */
export interface SigningKey {
  readonly name: string;
  readonly id: string;
  /** In the form of an account-key's body. */
  readonly encoded: string;
  readonly isInToken: boolean;
  /** The owner of the key, from the account-key in this store; undefined if the store has none. */
  readonly accountId: string | undefined;
}

/** The keys that brands sign serials with. */
@Injectable()
export class SigningKeysService {
  constructor(
    private readonly repository: SigningKeysRepository,
    private readonly assertions: AssertionsService,
    private readonly token: Pkcs11TokenService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Generates a key, or imports an existing one.
   *
   * @throws StoreError `invalid-request` for an invalid name or file, `conflict` if the name or the key exists,
   *   `not-configured` or `storage-failed` if the token cannot be used; in all cases nothing changes
   */
  async create(name: string, source: KeySource): Promise<SigningKey> {
    checkKeyName(name);
    if (await this.repository.findByName(name)) throw conflict(name, 'a key with this name already exists');
    const key = source === 'token' ? undefined : await privateKey(source);
    const row = key ? softwareKey(name, key) : await this.inToken(name);
    const held = await this.repository.findByKeyId(row.keyId);
    if (held) throw conflict(name, `it is the same key as ${held.name}`);
    const made = await this.describe(row);
    await this.transactions.run(async (tx) => {
      if (!(await this.repository.add(tx, row, key && privatePem(key))))
        throw conflict(name, 'a key with this name already exists');
      this.audit.record(tx, { action: 'key.create', subject: name, after: signingKeyView(made) });
    });
    return made;
  }

  /** Every key, by name. */
  async list(): Promise<SigningKey[]> {
    return await this.describeAll(await this.repository.findAll());
  }

  async find(name: string): Promise<SigningKey | undefined> {
    const row = await this.repository.findByName(name);
    return row && (await this.describe(row));
  }

  /** @throws StoreError `not-found` if the key does not exist */
  async get(name: string): Promise<SigningKey> {
    const key = await this.find(name);
    if (key) return key;
    throw new StoreError('not-found', `cannot show key ${quote(name.slice(0, 80))}: it does not exist`);
  }

  /** The name of the key with an id: unpadded base64url SHA3-384. */
  async findName(keyId: string): Promise<string | undefined> {
    return (await this.repository.findByKeyId(keyId))?.name;
  }

  /** @throws StoreError `not-found` if the key does not exist */
  async signer(name: string): Promise<Signer> {
    const row = await this.repository.findByName(name);
    if (!row) throw new StoreError('not-found', `cannot sign: key ${quote(name)} does not exist`);
    const publicKey = createPublicKey(row.publicKey);
    const { tokenId } = row;
    const pem = tokenId === null ? await this.repository.privateKey(name) : undefined;
    if (pem !== undefined) {
      const key = createPrivateKey(pem);
      return { publicKey, sign: (signed) => Promise.resolve(sign('sha512', signed, key)) };
    }
    return { publicKey, sign: (signed) => this.token.sign(tokenId ?? '', signed) };
  }

  private async inToken(name: string): Promise<SigningKeyRow> {
    const tokenId = randomBytes(TOKEN_ID_BYTES).toString('hex');
    const publicKey = await this.token.generate(name, tokenId, GENERATED_KEY_BITS);
    return {
      name,
      keyId: publicKeyId(publicKey),
      publicKey: publicPem(publicKey),
      tokenId,
    };
  }

  private async describe(row: SigningKeyRow): Promise<SigningKey> {
    const [key] = await this.describeAll([row]);
    if (!key) throw new Error('a key was not described');
    return key;
  }

  private async describeAll(rows: readonly SigningKeyRow[]): Promise<SigningKey[]> {
    const accountKeys = await this.assertions.findAll(
      rows.map(({ keyId }) => ({ type: 'account-key', key: [keyId] })),
    );
    return rows.map(({ name, keyId, publicKey, tokenId }, index) => ({
      name,
      id: keyId,
      encoded: encodePublicKey(createPublicKey(publicKey)).encoded.toString(),
      isInToken: tokenId !== null,
      accountId: headerText(accountKeys[index], 'account-id') || undefined,
    }));
  }
}

function conflict(name: string, why: string): StoreError {
  return new StoreError('conflict', `cannot create key ${quote(name)}: ${why}`);
}

function checkKeyName(name: string): void {
  if (name.length <= MAX_KEY_NAME_LENGTH && KEY_NAME.test(name)) return;
  throw new StoreError(
    'invalid-request',
    `cannot create key ${quote(name.slice(0, 80))}: use up to ${MAX_KEY_NAME_LENGTH} letters and digits, with single "-", "_" or "." between them`,
  );
}

async function privateKey(source: Exclude<KeySource, 'token'>): Promise<KeyObject> {
  if (source === 'software') return await generateRsaKeyInBackground(GENERATED_KEY_BITS);
  const { file } = source;
  const key = await readPrivateKey(file);
  const problem = rsaProblem(key);
  if (problem === undefined) return key;
  throw new StoreError('invalid-request', `cannot import key ${file}: it ${problem}`);
}

function softwareKey(name: string, key: KeyObject): SigningKeyRow {
  return {
    name,
    keyId: publicKeyId(key),
    publicKey: publicPem(key),
    tokenId: null,
  };
}
