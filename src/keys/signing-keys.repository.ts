import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { signingKeyPlace } from '../secrets/secret-places.js';
import { SecretsService } from '../secrets/secrets.service.js';

/** A key that a brand signs with. Its private half is in the table, wrapped, or in the token. */
export interface SigningKeyRow {
  readonly name: string;
  /** Unpadded base64url SHA3-384. */
  readonly keyId: string;
  /** SPKI in PEM. */
  readonly publicKey: string;
  /** CKA_ID of the pair, hexadecimal; null if the private half is in the table. */
  readonly tokenId: string | null;
}

const COLUMNS = `name, key_id as "keyId", public_key as "publicKey", token_id as "tokenId"`;

/** The table of the keys that brands sign with. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly secrets: SecretsService,
  ) {}

  /**
   * @param privateKey - PKCS#8 in PEM; undefined if it is in the token
   * @returns whether it was added; false if its name or the key itself exists
   */
  async add(
    tx: EntityManager,
    { name, keyId, publicKey, tokenId }: SigningKeyRow,
    privateKey?: string,
  ): Promise<boolean> {
    const wrap = await this.secrets.wrappingWithin(tx);
    const wrapped = privateKey === undefined ? null : wrap(signingKeyPlace(name), privateKey);
    const added = await tx.query<unknown[]>(
      `insert into signing_key (name, key_id, public_key, private_key, token_id)
       values ($1, $2, $3, $4, $5) on conflict do nothing returning name`,
      [name, keyId, publicKey, wrapped, tokenId],
    );
    return added.length === 1;
  }

  /**
   * The private half of a key that is not in the token: PKCS#8 in PEM.
   *
   * @throws StoreError if it cannot be decrypted: `not-configured` without the secrets key, `storage-failed`
   */
  async privateKey(name: string): Promise<string | undefined> {
    await this.secrets.ready();
    const [row] = await this.database.query<{ wrapped: string }>(
      'select private_key as wrapped from signing_key where name = $1 and private_key is not null',
      [name],
    );
    return row && this.secrets.open(signingKeyPlace(name), row.wrapped);
  }

  async findByName(name: string): Promise<SigningKeyRow | undefined> {
    return (
      await this.database.query<SigningKeyRow>(`select ${COLUMNS} from signing_key where name = $1`, [name])
    )[0];
  }

  async findByKeyId(keyId: string): Promise<SigningKeyRow | undefined> {
    return (
      await this.database.query<SigningKeyRow>(`select ${COLUMNS} from signing_key where key_id = $1`, [
        keyId,
      ])
    )[0];
  }

  /** Every key, by name. */
  async findAll(): Promise<SigningKeyRow[]> {
    return await this.database.query<SigningKeyRow>(
      `select ${COLUMNS} from signing_key order by name collate "C"`,
    );
  }
}
