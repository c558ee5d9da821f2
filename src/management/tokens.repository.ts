import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Role } from '../common/domain/role.js';
import { DatabaseService } from '../database/database.service.js';
import type { Token } from './token.js';

/** A token that is used, with what its operator may do. */
export interface UsedToken extends Token {
  /** `null` where it has no operator. */
  readonly operatorRole: Role | null;
  readonly isOperatorDisabled: boolean | null;
}

const COLUMNS = `t.name, t.role, t.scopes, t.operator, t.created_at as "createdAt", t.expires_at as "expiresAt",
  t.last_used_at as "lastUsedAt"`;

const USED = `select ${COLUMNS}, o.role as "operatorRole", o.is_disabled as "isOperatorDisabled"
  from api_token t left join operator o on o.name = t.operator`;

/** The table of tokens. */
@Injectable()
export class TokensRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Every token, by name. */
  async findAll(): Promise<Token[]> {
    return await this.database.query<Token>(`select ${COLUMNS} from api_token t order by t.name collate "C"`);
  }

  async find(tx: EntityManager, name: string): Promise<Token | undefined> {
    return (await tx.query<Token[]>(`select ${COLUMNS} from api_token t where t.name = $1`, [name]))[0];
  }

  async findByHash(hash: Buffer): Promise<UsedToken | undefined> {
    return (await this.database.query<UsedToken>(`${USED} where t.hash = $1`, [hash]))[0];
  }

  async findByName(name: string): Promise<UsedToken | undefined> {
    return (await this.database.query<UsedToken>(`${USED} where t.name = $1`, [name]))[0];
  }

  async count(tx: EntityManager): Promise<number> {
    return Number((await tx.query<{ count: string }[]>('select count(*) from api_token'))[0]?.count);
  }

  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('api tokens', 0))`);
  }

  async add(
    tx: EntityManager,
    { name, role, scopes, operator, expiresAt }: Omit<Token, 'createdAt' | 'lastUsedAt'>,
    hash: Buffer,
  ): Promise<void> {
    await tx.query(
      'insert into api_token (name, hash, role, scopes, operator, expires_at) values ($1, $2, $3, $4, $5, $6)',
      [name, hash, role, scopes, operator, expiresAt],
    );
  }

  async findOf(tx: EntityManager, operator: string): Promise<Token[]> {
    return await tx.query<Token[]>(
      `select ${COLUMNS} from api_token t where t.operator = $1 order by t.name collate "C"`,
      [operator],
    );
  }

  async delete(tx: EntityManager, name: string): Promise<void> {
    await tx.query('delete from api_token where name = $1', [name]);
  }

  async noteUse(name: string): Promise<void> {
    await this.database.query('update api_token set last_used_at = now() where name = $1', [name]);
  }
}
