import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** A key that a brand signs with, as it is kept: either its private half, or where it is in the token. */
export interface SigningKeyRow {
  readonly name: string;
  /** Unpadded base64url SHA3-384. */
  readonly keyId: string;
  /** SPKI in PEM. */
  readonly publicKey: string;
  /** PKCS#8 in PEM. */
  readonly privateKey: string | null;
  /** CKA_ID of the pair, hexadecimal. */
  readonly tokenId: string | null;
}

const COLUMNS = `name, key_id as "keyId", public_key as "publicKey", private_key as "privateKey", token_id as "tokenId"`;

/** The table of the keys that brands sign with. */
@Injectable()
export class SigningKeysRepository {
  constructor(private readonly database: DatabaseService) {}

  /** @returns whether it was added: neither its name nor the key itself was there */
  async add({ name, keyId, publicKey, privateKey, tokenId }: SigningKeyRow): Promise<boolean> {
    const added = await this.database.query(
      `insert into signing_key (name, key_id, public_key, private_key, token_id)
       values ($1, $2, $3, $4, $5) on conflict do nothing returning name`,
      [name, keyId, publicKey, privateKey, tokenId],
    );
    return added.length === 1;
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
    return await this.database.query<SigningKeyRow>(`select ${COLUMNS} from signing_key order by name`);
  }
}
